"""Open any artifact, ready to run."""

from __future__ import annotations

from pathlib import Path

from edgeface.contracts import RecognitionContract
from edgeface.core.artifact import Artifact
from edgeface.inference.detector import Detector
from edgeface.inference.recognizer import Recognizer


def load(path: Path | str, threads: int = 1) -> Detector | Recognizer:
    """Open an artifact as what its contract says it is.

    Args:
        path: the folder that an export wrote, or the model file in it.
        threads: threads inside one operator, at least 1.

    Raises:
        EdgefaceError: as `Artifact.open`, `Detector` and `Recognizer` do.
    """
    artifact = Artifact.open(Path(path))
    kind = Recognizer if isinstance(artifact.contract, RecognitionContract) else Detector
    return kind(artifact, threads)
