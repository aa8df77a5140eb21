"""Writing of images that a command has drawn on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from edgeface.core.writing import check_replaceable
from edgeface.errors import InputError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".webp")


def check_image_path(path: Path) -> None:
    """Refuse a path that no image can be written to, before any work is done.

    Raises:
        InputError: the suffix is not an image format's, or there is no such folder.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise InputError(
            f"no image format ends in {path.suffix or 'nothing'!r}",
            where=str(path),
            fix=f"use one of {', '.join(SUFFIXES)}",
        )
    if path.is_dir() or not path.parent.is_dir():
        problem = "this is a folder, not a file" if path.is_dir() else "there is no such folder"
        raise InputError(problem, where=str(path if path.is_dir() else path.parent), fix="choose another path")
    check_replaceable(path, "the image")


def write_image(path: Path, image: NDArray[np.uint8]) -> None:
    """Write uint8 [H,W,3] in BGR, in the format that the path's suffix names.

    Raises:
        InputError: the path is not usable, or the image too large for its format.
        WriteError: the disk is full, or the file may not be written.
    """
    import cv2

    from edgeface.core.writing import write_file

    check_image_path(path)
    try:
        written, data = cv2.imencode(path.suffix.lower(), image)
    except cv2.error as error:
        raise InputError(f"the image cannot be encoded: {error.err}", where=str(path)) from error
    if not written:
        raise InputError("the image cannot be encoded", where=str(path), fix="use a .png")
    write_file(path, data.tobytes(), "the image")
