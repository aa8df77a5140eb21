"""Where an artifact is to stand."""

from __future__ import annotations

from pathlib import Path

from edgeface.core.artifact import MANIFEST
from edgeface.errors import InputError


def place_of(out: Path, model: str, target: str) -> Path:
    """The folder of an artifact: nothing stands there, an empty folder, or an artifact that it replaces.

    Raises:
        InputError: something else stands there.
    """
    folder = out / f"{model}-{target}"
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise InputError("a file stands where the artifact is to be written", where=str(folder), fix="move it away")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / MANIFEST).is_file():
        fix = "move the folder away, or pass another --out"
        raise InputError("the folder to write to holds something that is no artifact", where=str(folder), fix=fix)
    return folder
