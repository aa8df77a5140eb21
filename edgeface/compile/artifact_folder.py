"""The folder of an artifact."""

from __future__ import annotations

from pathlib import Path

from edgeface.core.artifact import read_manifest
from edgeface.core.temporary import recover
from edgeface.errors import InputError


def artifact_folder(out: Path, model: str, target: str) -> Path:
    """The folder to write an artifact to: missing, empty, or an artifact that is replaced.

    Raises:
        InputError: the path is something else.
    """
    folder = out / f"{model}-{target}"
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise InputError("the folder to write to is a file", where=str(folder), fix="move it away")
    recover(folder)
    if folder.is_dir() and any(folder.iterdir()) and not _is_artifact(folder):
        fix = "move the folder away, or pass another --out"
        raise InputError(
            "the folder to write to contains something that is not an artifact", where=str(folder), fix=fix
        )
    return folder


def _is_artifact(folder: Path) -> bool:
    """Whether a folder holds an artifact; other programs write a manifest.json too."""
    try:
        read_manifest(folder)
    except InputError:
        return False
    return True
