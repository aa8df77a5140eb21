"""Arrays in .npz files from outside: names, shapes and dtypes are checked before any value is read."""

from __future__ import annotations

import math
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeface.reading.regular_file import Kind, open_file, unreadable

_MAX_ENTRIES = 1 << 16
_TRIPPED = (
    *(OSError, ValueError, KeyError, EOFError, TypeError, AttributeError, IndexError, OverflowError, struct.error),
    *(zipfile.BadZipFile, zlib.error, RuntimeError, MemoryError, AssertionError),
)
"""What zipfile and NumPy raise on damaged bytes; RuntimeError includes RecursionError and unknown compressions."""


_HEADERS: Mapping[tuple[int, int], Callable[[Any], Any]] = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}


@dataclass(frozen=True)
class Header:
    """Shape, dtype and order of an array, and how many bytes its header takes."""

    shape: tuple[int, ...]
    fortran: bool
    dtype: np.dtype[Any]
    size: int

    @property
    def bytes(self) -> int:
        """How many bytes its values take."""
        return math.prod(self.shape) * self.dtype.itemsize


def read_arrays(path: Path, kind: Kind, max_bytes: int) -> dict[str, NDArray[Any]]:
    """All arrays of an .npz file by name; nothing is unpickled.

    Args:
        path: the file.
        kind: its kind.
        max_bytes: the most that its arrays may take together.

    Raises:
        EdgefaceError: of the kind's class: the file cannot be read, is damaged, or is larger than that.
    """
    with open_file(path, kind) as stream, _damage_reported(path, kind), zipfile.ZipFile(stream) as archive:
        entries = archive.infolist()
        total = sum(entry.file_size for entry in entries)
        if len(entries) > _MAX_ENTRIES or total > max_bytes:
            raise ValueError(f"its {len(entries)} arrays claim {total:,} bytes, over {max_bytes:,}")
        return {entry.filename.removesuffix(".npy"): _read_array(archive, entry) for entry in entries}


def _read_array(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> NDArray[Any]:
    with archive.open(entry) as stream:
        header = read_header(stream)
        claimed = header.bytes
        if claimed != entry.file_size - header.size:
            raise ValueError(f"{entry.filename} claims {claimed:,} bytes and has {entry.file_size - header.size:,}")
        data = stream.read()
    flat = np.frombuffer(data, header.dtype) if claimed else np.zeros(0, header.dtype)
    return flat.reshape(header.shape, order="F" if header.fortran else "C").copy()


def read_header(stream: Any) -> Header:
    """The header of an array's .npy file, of which no value is read.

    Raises:
        ValueError: it is damaged, or the array holds other than numbers and text.
    """
    try:
        version = np.lib.format.read_magic(stream)
        shape, fortran, dtype = _HEADERS[version](stream)
    except Exception as error:  # NumPy evaluates the header as Python: even the tokenizer's errors come out
        raise ValueError("an array's header is damaged") from error
    if dtype.hasobject or dtype.kind not in "biufSU" or any(side < 0 for side in shape):
        raise ValueError(f"an array is {dtype} {list(shape)}")
    return Header(shape, fortran, dtype, stream.tell())


@contextmanager
def _damage_reported(path: Path, kind: Kind) -> Iterator[None]:
    try:
        yield
    except _TRIPPED as error:
        said = str(error).strip().split("\n")[0] or type(error).__name__
        raise unreadable(f"it is damaged, or of another kind: {said}", str(path), kind) from error
