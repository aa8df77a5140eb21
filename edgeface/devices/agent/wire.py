"""Frames between host and device: JSON of a bounded size and raw arrays, nothing that is executed or unpickled.

A frame is the length of its head (4 bytes, big endian), the head (JSON, an object), and the bytes of its arrays. The
head's "arrays" lists them as [name, dtype, shape]. Both sides use this module.
"""

from __future__ import annotations

import json
import struct
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


MAX_HEAD_BYTES = 1 << 20
MAX_ARRAYS = 10_000
MAX_NAME = 1_000
MAX_RANK = 8
DTYPES = ("float32", "float16", "float64", "int8", "uint8", "int16", "int32", "int64", "bool")


class WireError(Exception):
    """The data read is not a frame, or is larger than requested."""


def pack(head: Mapping[str, Any], arrays: Mapping[str, Any]) -> bytes:
    """A frame's bytes."""
    stored = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    rows = [[name, str(array.dtype), list(array.shape)] for name, array in stored.items()]
    text = json.dumps({**head, "arrays": rows}).encode()
    return b"".join([struct.pack(">I", len(text)), text, *[array.tobytes() for array in stored.values()]])


def read_frame(read: Callable[[int], bytes], max_bytes: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """The head and the arrays of the next frame.

    Args:
        read: returns exactly so many bytes, or raises.
        max_bytes: of all arrays together.

    Raises:
        WireError: not a frame, or over a limit; then nothing of that size is read.
    """
    length = struct.unpack(">I", read(4))[0]
    if not 2 <= length <= MAX_HEAD_BYTES:
        raise WireError(f"a head of {length} bytes")
    try:
        head = json.loads(read(length).decode())
    except (ValueError, RecursionError) as error:
        raise WireError("a head that is not JSON") from error
    if not isinstance(head, dict):
        raise WireError("a head that is not an object")
    rows = array_rows(head.pop("arrays", None))
    total = sum(row[3] for row in rows)
    if total > max_bytes:
        raise WireError(f"arrays of {total} bytes, at most {max_bytes} were requested")
    arrays = {}
    for name, dtype, shape, size in rows:
        arrays[name] = np.frombuffer(read(size), dtype).reshape(shape)
    return head, arrays


def array_rows(rows: Any) -> list[tuple[str, str, list[int], int]]:
    """Name, dtype, shape and bytes of each array that a head lists.

    Raises:
        WireError: it is not such a list.
    """
    if not isinstance(rows, list) or len(rows) > MAX_ARRAYS:
        raise WireError("a head without a list of arrays")
    found, names = [], set()
    for row in rows:
        if not (isinstance(row, list) and len(row) == 3 and isinstance(row[0], str) and row[1] in DTYPES):
            raise WireError("an array without name, dtype and shape")
        name, dtype, shape = row
        if len(name) > MAX_NAME or name in names or not isinstance(shape, list) or len(shape) > MAX_RANK:
            raise WireError("an array with a wrong name or rank")
        size = np.dtype(dtype).itemsize
        for side in shape:
            if type(side) is not int or not 0 <= side < 1 << 31:
                raise WireError("an array with a wrong shape")
            size *= side
        names.add(name)
        found.append((name, dtype, shape, size))
    return found
