"""Arrays in .npy files from outside, mapped into memory."""

from __future__ import annotations

import mmap
import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeface.reading.arrays import read_header
from edgeface.reading.regular_file import Kind, open_file, unreadable


def map_npy(path: Path, kind: Kind) -> NDArray[Any]:
    """The array in a .npy file, mapped: pages are read when they are used, and are shared by processes.

    A change of the array is private to this process, and never reaches the file.

    Raises:
        EdgefaceError: of the kind's class: the file is missing or damaged, or its rows are not one after the other.
    """
    with open_file(path, kind) as stream:
        try:
            header = read_header(stream)
        except ValueError as error:
            raise unreadable(str(error), str(path), kind) from error
        size = os.fstat(stream.fileno()).st_size
        if header.fortran and len(header.shape) > 1:
            raise unreadable("its columns come one after the other, not its rows", str(path), kind)
        if size != header.size + header.bytes:
            raise unreadable(f"it has {size:,} bytes, not {header.size + header.bytes:,}", str(path), kind)
        if not header.bytes:
            return np.zeros(header.shape, header.dtype)
        try:
            held = mmap.mmap(stream.fileno(), size, access=mmap.ACCESS_COPY)
        except (OSError, ValueError) as error:  # no memory to map it, or it was cut just now
            raise unreadable(str(error), str(path), kind) from error
    return np.frombuffer(held, header.dtype, offset=header.size).reshape(header.shape)
