"""Options of the commands that recognize people."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edgeface.errors import InputError

if TYPE_CHECKING:
    from edgeface.inference.pipeline import FacePipeline
    from edgeface.inference.recognizer import Recognizer
    from edgeface.tasks.recognition.comparison import ThresholdSource

DetectorFolder = Annotated[Path, typer.Option("--detector", help="A detector's artifact folder.")]
OptionalDetectorFolder = Annotated[
    Path | None, typer.Option("--detector", help="A detector's artifact folder; not with --aligned.")
]
RecognizerFolder = Annotated[Path, typer.Option("--recognizer", help="A recognizer's artifact folder.")]
Aligned = Annotated[bool, typer.Option("--aligned", help="The images are aligned faces of the recognizer's size.")]
FaceThreshold = Annotated[
    float | None, typer.Option(help="Minimum score of a face, 0 to 1; the detector's contract's by default.")
]
MatchThreshold = Annotated[
    float | None,
    typer.Option("--threshold", help="Minimum cosine for the same person, -1 to 1; the recognizer's by default."),
]

_SOURCES: dict[ThresholdSource, str] = {
    "given": "as given",
    "certificate": "from the recognizer's certificate",
    "weights": "measured on the recognizer's weights in float32",
    "default": "a default, because the recognizer's certificate has none",
}


def open_recognizer(
    recognizer: Path, detector: Path | None, aligned: bool, face_threshold: float | None
) -> Recognizer | FacePipeline:
    """The recognizer alone for aligned faces, else with its detector.

    Raises:
        InputError: neither a detector nor aligned faces, or both.
        EdgefaceError: as `FacePipeline.open` does.
    """
    from edgeface.core.artifact import Artifact
    from edgeface.inference.pipeline import FacePipeline
    from edgeface.inference.recognizer import Recognizer

    if aligned:
        if detector is not None or face_threshold is not None:
            raise InputError(
                "aligned faces need no detector", where="--aligned", fix="leave out the detector's options"
            )
        return Recognizer(Artifact.open(recognizer))
    if detector is None:
        raise InputError(
            "there is no detector to find the faces",
            where="--detector",
            fix="pass a detector's artifact, or --aligned if the images are aligned faces",
        )
    return FacePipeline.open(detector, recognizer, face_threshold)


def describe_threshold(threshold: float, source: ThresholdSource) -> str:
    """The threshold and its source."""
    return f"{threshold:.3f} ({_SOURCES[source]})"
