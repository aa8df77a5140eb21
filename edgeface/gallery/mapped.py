""".npy files of a gallery: written whole, and mapped into memory when they are opened."""

from __future__ import annotations

import mmap
import os
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from edgeface.core.writing import write_file
from edgeface.reading.arrays import read_header
from edgeface.reading.kinds import GALLERY_ARRAY
from edgeface.reading.regular_file import open_file, unreadable


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
    with open_file(path, GALLERY_ARRAY) as stream:
        try:
            header = read_header(stream)
        except ValueError as error:
            raise unreadable(str(error), str(path), GALLERY_ARRAY) from error
        fits = len(header.shape) == len(shape) and all(
            wanted in (-1, found) for wanted, found in zip(shape, header.shape, strict=True)
        )
        if not fits or header.dtype != np.dtype(dtype) or header.fortran:
            said = f"it holds {header.dtype} {list(header.shape)}, not {np.dtype(dtype)} {list(shape)}"
            raise unreadable(said, str(path), GALLERY_ARRAY)
        size = os.fstat(stream.fileno()).st_size
        if size != header.size + header.bytes:
            raise unreadable(f"it has {size:,} bytes, not {header.size + header.bytes:,}", str(path), GALLERY_ARRAY)
        if not header.bytes:
            return np.zeros(header.shape, dtype)
        try:
            held = mmap.mmap(stream.fileno(), size, access=mmap.ACCESS_COPY)
        except (OSError, ValueError) as error:  # no memory to map it, or it was cut just now
            raise unreadable(str(error), str(path), GALLERY_ARRAY) from error
    return np.frombuffer(held, dtype, offset=header.size).reshape(header.shape)
