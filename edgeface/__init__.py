"""edgeface: compile face models for edge devices, and validate the result.

The names below are the public interface; they are imported when first used, so that
`import edgeface` costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from edgeface.version import __version__

if TYPE_CHECKING:
    from edgeface.budgets.check import Check, check
    from edgeface.compile.request import ExportRequest
    from edgeface.core.artifact import Artifact
    from edgeface.errors import EdgefaceError
    from edgeface.exporting.by_keywords import export
    from edgeface.gallery.gallery import Gallery
    from edgeface.images.files import read_image
    from edgeface.images.frames import Frame, read_frames
    from edgeface.inference.detector import Detector
    from edgeface.inference.load import load, load_detector, load_recognizer
    from edgeface.inference.numbers import NumberReader
    from edgeface.inference.pipeline import FacePipeline
    from edgeface.inference.recognizer import Recognizer
    from edgeface.prediction.predict import predict
    from edgeface.prediction.prediction import Prediction
    from edgeface.tasks.detection.faces import Face

__all__ = [
    "Artifact",
    "Check",
    "Detector",
    "EdgefaceError",
    "ExportRequest",
    "Face",
    "FacePipeline",
    "Frame",
    "Gallery",
    "NumberReader",
    "Prediction",
    "Recognizer",
    "__version__",
    "check",
    "export",
    "load",
    "load_detector",
    "load_recognizer",
    "predict",
    "read_frames",
    "read_image",
]

_HOMES = {
    "Artifact": "edgeface.core.artifact",
    "Check": "edgeface.budgets.check",
    "Detector": "edgeface.inference.detector",
    "EdgefaceError": "edgeface.errors",
    "ExportRequest": "edgeface.compile.request",
    "Face": "edgeface.tasks.detection.faces",
    "FacePipeline": "edgeface.inference.pipeline",
    "Frame": "edgeface.images.frames",
    "Gallery": "edgeface.gallery.gallery",
    "NumberReader": "edgeface.inference.numbers",
    "Prediction": "edgeface.prediction.prediction",
    "Recognizer": "edgeface.inference.recognizer",
    "check": "edgeface.budgets.check",
    "export": "edgeface.exporting.by_keywords",
    "load": "edgeface.inference.load",
    "load_detector": "edgeface.inference.load",
    "load_recognizer": "edgeface.inference.load",
    "predict": "edgeface.prediction.predict",
    "read_frames": "edgeface.images.frames",
    "read_image": "edgeface.images.files",
}
_RENAMED = {"Recogniser": "Recognizer"}
"""Old names, which work for one release more."""


def __getattr__(name: str) -> Any:
    """Import a public name from its home when it is first used."""
    if name in _RENAMED:
        from edgeface.core.deprecated import warn_renamed

        warn_renamed(f"edgeface.{name}", f"edgeface.{_RENAMED[name]}")
        return __getattr__(_RENAMED[name])
    if name not in _HOMES:
        raise AttributeError(f"module 'edgeface' has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """The public names."""
    return sorted(__all__)
