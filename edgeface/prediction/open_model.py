"""The file to predict for: a model file, or the one in an artifact's folder."""

from __future__ import annotations

from pathlib import Path

from edgeface.core.artifact import Artifact
from edgeface.reading.regular_file import is_folder


def model_file(model: Path) -> Path:
    """The model file of an artifact, whose hashes are checked, or the file itself.

    Raises:
        InputError: the folder is not an artifact, or was changed.
    """
    return Artifact.open(model).model_path if is_folder(model) else model
