"""edgeface: compile face models for edge devices, and prove what the result does.

The names below are the public interface; they are imported when first used, so that
`import edgeface` costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from edgeface.version import __version__

if TYPE_CHECKING:
    from edgeface.artifact import Artifact
    from edgeface.budgets.check import Check, check
    from edgeface.detector import Detector
    from edgeface.errors import EdgefaceError
    from edgeface.face_pipeline import FacePipeline
    from edgeface.loading import load
    from edgeface.pipeline import ExportRequest, export
    from edgeface.recogniser import Recogniser
    from edgeface.tasks.detection.faces import Face

__all__ = [
    "Artifact",
    "Check",
    "Detector",
    "EdgefaceError",
    "ExportRequest",
    "Face",
    "FacePipeline",
    "Recogniser",
    "__version__",
    "check",
    "export",
    "load",
]

_HOMES = {
    "Artifact": "edgeface.artifact",
    "Check": "edgeface.budgets.check",
    "Detector": "edgeface.detector",
    "EdgefaceError": "edgeface.errors",
    "ExportRequest": "edgeface.pipeline",
    "Face": "edgeface.tasks.detection.faces",
    "FacePipeline": "edgeface.face_pipeline",
    "Recogniser": "edgeface.recogniser",
    "check": "edgeface.budgets.check",
    "export": "edgeface.pipeline",
    "load": "edgeface.loading",
}


def __getattr__(name: str) -> Any:
    """Import a public name from its home when it is first used."""
    if name not in _HOMES:
        raise AttributeError(f"module 'edgeface' has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """The public names."""
    return sorted(__all__)
