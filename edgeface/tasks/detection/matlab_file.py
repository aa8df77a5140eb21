"""Cells, numbers and texts in MATLAB's files, version 5, as they are on disk; every size is checked before it is used.

Only what ground truth consists of is read: cell arrays of cell arrays, real numbers and lines of text. SciPy's reader
knows more, but damaged files can end its process. Source: MathWorks, "MAT-File Format", the chapter on Level 5.
"""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from edgeface.reading.kinds import WIDER_LABELS
from edgeface.reading.regular_file import read_file

MAX_UNPACKED_BYTES = 64 << 20
MAX_DEPTH = 8
_HEADER_BYTES = 128
_LITTLE_ENDIAN = b"IM"
_MATRIX, _COMPRESSED = 14, 15
_CELL, _CHAR = 1, 4
_NUMERIC_CLASSES = range(6, 16)
_COMPLEX = 0x0800
_DTYPES = {1: "<i1", 2: "<u1", 3: "<i2", 4: "<u2", 5: "<i4", 6: "<u4", 7: "<f4", 9: "<f8", 12: "<i8", 13: "<u8"}
_TEXTS = {2: "latin-1", 4: "utf-16-le", 16: "utf-8", 17: "utf-16-le", 18: "utf-32-le"}

Value: TypeAlias = "NDArray[Any] | str"
"""A cell array (dtype object), real numbers in MATLAB's shape, or a line of text."""


@dataclass(frozen=True)
class _Element:
    kind: int
    data: memoryview


def read_matlab(path: Path, names: Collection[str]) -> dict[str, Value]:
    """The variables of these names; others are not looked into.

    Raises:
        InputError: the file cannot be read.
        ValueError: it is not such a file, is damaged, or a variable is of another class.
    """
    content = memoryview(read_file(path, WIDER_LABELS))
    if len(content) < _HEADER_BYTES or content[126:128] != _LITTLE_ENDIAN:
        raise ValueError("not a MATLAB file of version 5 with the lowest byte first")
    found, left = {}, MAX_UNPACKED_BYTES
    for element in _elements(content[_HEADER_BYTES:], padded=False):
        if element.kind == _COMPRESSED:
            unpacked = _unpacked(element.data, left)
            left -= len(unpacked)
            element = next(_elements(memoryview(unpacked)))  # noqa: PLW2901  # it is what it holds
        if element.kind == _MATRIX and (parts := list(_elements(element.data))):
            name = bytes(parts[2].data).decode("ascii") if len(parts) > 2 else ""
            if name in names:
                found[name] = _value(element.data, 0)
    return found


def _unpacked(data: memoryview, limit: int) -> bytes:
    unpacker = zlib.decompressobj()
    try:
        unpacked = unpacker.decompress(data, limit + 1)
    except zlib.error as error:
        raise ValueError(f"a compressed variable is damaged: {error}") from error
    if len(unpacked) > limit:
        raise ValueError(f"its variables have over {MAX_UNPACKED_BYTES >> 20} MiB")
    if not unpacker.eof:
        raise ValueError("a compressed variable is cut short")
    return unpacked


def _elements(data: memoryview, padded: bool = True) -> Iterator[_Element]:
    """Data elements one after the other, each aligned to 8 bytes, but for compressed ones at the top."""
    at = 0
    while at + 8 <= len(data):
        kind, size = struct.unpack_from("<II", data, at)
        if kind >> 16:  # up to 4 bytes in the tag itself
            kind, size, begin, end = kind & 0xFFFF, kind >> 16, at + 4, at + 8
            if size > 4:
                raise ValueError(f"an element at byte {at} has {size} bytes in a tag for 4")
        else:
            begin = at + 8
            end = begin + size + (-size % 8 if padded or kind != _COMPRESSED else 0)
        if begin + size > len(data):
            raise ValueError(f"an element claims {size:,} bytes, {len(data) - begin:,} are left")
        yield _Element(kind, data[begin : begin + size])
        at = end


def _value(data: memoryview, depth: int) -> Value:
    if not len(data):
        return np.zeros((0, 0))
    if depth > MAX_DEPTH:
        raise ValueError(f"cells are nested over {MAX_DEPTH} deep")
    parts = list(_elements(data))
    if len(parts) < 3 or len(parts[0].data) != 8:
        raise ValueError("a variable is not whole")
    flags = int.from_bytes(parts[0].data[:4], "little")
    shape, values = _shape(parts[1]), parts[3:]
    count = math.prod(shape)
    if flags & 0xFF == _CELL:
        if len(values) != count or any(part.kind != _MATRIX for part in values):
            raise ValueError(f"a cell array of {count} cells has {len(values)}")
        cells = np.empty(count, object)
        for place, part in enumerate(values):
            cells[place] = _value(part.data, depth + 1)
        return cells.reshape(shape, order="F")
    if flags & _COMPLEX or len(values) != 1:
        raise ValueError("a variable is neither cells, nor real numbers, nor text")
    if flags & 0xFF == _CHAR:
        return _text(values[0], shape)
    if flags & 0xFF not in _NUMERIC_CLASSES:
        raise ValueError(f"a variable is of class {flags & 0xFF}")
    return _numbers(values[0], count).reshape(shape, order="F")


def _shape(part: _Element) -> tuple[int, ...]:
    shape = tuple(_numbers(part, len(part.data) // 4).tolist()) if part.kind == 5 else ()
    if len(shape) < 2 or min(shape) < 0:
        raise ValueError(f"a variable has the shape {list(shape)}")
    return shape


def _numbers(part: _Element, count: int) -> NDArray[Any]:
    dtype = np.dtype(_DTYPES.get(part.kind, "V0"))
    if not dtype.itemsize or len(part.data) != count * dtype.itemsize:
        raise ValueError(f"{count} numbers are not the {len(part.data)} bytes of an element of kind {part.kind}")
    return np.frombuffer(part.data, dtype)


def _text(part: _Element, shape: tuple[int, ...]) -> str:
    if part.kind not in _TEXTS:
        raise ValueError(f"a text is an element of kind {part.kind}")
    text = bytes(part.data).decode(_TEXTS[part.kind])
    if len(text) != math.prod(shape) or shape[0] > 1:
        raise ValueError(f"a text of {len(text)} characters has the shape {list(shape)}")
    return text
