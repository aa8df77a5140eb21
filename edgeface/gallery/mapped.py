""".npy files of a gallery: written whole, and mapped into memory when they are opened."""

from __future__ import annotations

from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from edgeface.core.writing import write_file
from edgeface.reading.kinds import GALLERY_ARRAY
from edgeface.reading.mapped_array import map_npy
from edgeface.reading.regular_file import Kind, unreadable


def write_array(path: Path, array: NDArray[Any]) -> None:
    """Write an array as .npy, down to the disk.

    Raises:
        WriteError: it cannot be written.
    """

    def save(stream: BinaryIO) -> None:
        np.save(stream, np.ascontiguousarray(array), allow_pickle=False)

    write_file(path, save, "the gallery")


def map_array(path: Path, dtype: Any, shape: tuple[int, ...]) -> NDArray[Any]:
    """The array in a .npy file, mapped: pages are read when they are used, and are shared by processes.

    A change of the array is private to this process, and never reaches the file.

    Args:
        path: the file.
        dtype: that it must have.
        shape: the same; −1 stands for any number.

    Raises:
        InputError: the file is missing or damaged, or holds another array.
    """
    array = map_npy(path, GALLERY_ARRAY)
    fits = len(array.shape) == len(shape) and all(
        wanted in (-1, found) for wanted, found in zip(shape, array.shape, strict=True)
    )
    if not fits or array.dtype != np.dtype(dtype):
        said = f"it holds {array.dtype} {list(array.shape)}, not {np.dtype(dtype)} {list(shape)}"
        raise unreadable(said, str(path), GALLERY_ARRAY)
    return array


def map_floats(path: Path, kind: Kind) -> NDArray[Any]:
    """The floats [n,width] in a .npy file, mapped; see `map_array`.

    Raises:
        InputError: the file is missing or damaged, or holds another array.
    """
    array = map_npy(path, kind)
    if array.ndim != 2 or array.dtype.kind != "f":
        raise unreadable(f"it holds {array.dtype} {list(array.shape)}, not floats [n,width]", str(path), kind)
    return array
