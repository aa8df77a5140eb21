"""What is predicted for: a model file, or the one in an artifact's folder, and what to call it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from edgeface.backends import targets
from edgeface.core.artifact import MANIFEST, Artifact
from edgeface.errors import InputError
from edgeface.reading.regular_file import is_file, is_folder


@dataclass(frozen=True)
class Subject:
    """A model file, and what to call it: of an artifact its name, target and input size."""

    file: Path
    title: str


def subject_of(model: Path) -> Subject:
    """The model file of an artifact, whose hashes are checked, or the file itself.

    Args:
        model: an artifact's folder, the model file in it, or any model file.

    Raises:
        InputError: the folder is not an artifact, or was changed; or the artifact is for a GPU.
    """
    if not is_folder(model) and not is_file(model.parent / MANIFEST):
        return Subject(model, str(model))
    artifact = Artifact.open(model)
    if not is_folder(model) and model.name not in artifact.manifest.files:
        return Subject(model, str(model))
    size, manifest = artifact.contract.input, artifact.manifest
    made_for = targets().get(manifest.target)
    if made_for is not None and made_for.finish is not None and made_for.finish.processor == "gpu":
        raise InputError(
            f"{manifest.target} is for a GPU, of which nothing is predicted",
            where=str(artifact.folder),
            fix="export the model for a CPU's runtime too, e.g. --target tflite-int8",
        )
    return Subject(artifact.model_path, f"{manifest.name} {manifest.target}, {size.width}×{size.height}")
