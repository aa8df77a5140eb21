"""Names of people as one array of bytes and one of ends, which can be mapped into memory."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from edgeface.errors import InputError

MAX_NAME_BYTES = 1024


def check_names(names: Iterable[str], where: str) -> None:
    """Refuse names that cannot be shown or written on a line.

    Raises:
        InputError: a name is no text, is empty or too long, or has other than printable characters.
    """
    for row, name in enumerate(names):
        if not isinstance(name, str) or not name.strip() or not name.isprintable():
            raise InputError(
                f"name {row + 1}, {name!r}, cannot be used", where=where, fix="use letters, digits, blanks and signs"
            )
        if len(name.encode()) > MAX_NAME_BYTES:
            raise InputError(f"name {row + 1} has over {MAX_NAME_BYTES:,} bytes", where=where, fix="shorten it")


def pack_names(names: Sequence[str]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Names as UTF-8 uint8 [bytes], and int64 [n]: where each ends."""
    encoded = [name.encode() for name in names]
    ends = np.cumsum([len(name) for name in encoded], dtype=np.int64)
    return np.frombuffer(b"".join(encoded), np.uint8), ends


def unpack_names(text: NDArray[np.uint8], ends: NDArray[np.int64]) -> list[str]:
    """All names.

    Raises:
        ValueError: they are not UTF-8.
    """
    data = text.tobytes()
    places = [0, *ends.tolist()]
    return [data[start:end].decode() for start, end in pairwise(places)]
