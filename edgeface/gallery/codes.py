"""Embeddings as bytes, and how far bytes can be from what they stand for.

Column j of an embedding is (code − 128) × step[j]. The bytes of a gallery are a quarter of its floats, so a search
reads them first; the largest distance of a row to its bytes then says which rows have to be looked at exactly.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

ZERO = 128
"""The code of 0: codes are unsigned bytes, from 1 to 255."""
CHUNK_ROWS = 16384
_LARGEST = 127
_SPREAD, _MARGIN = 6.0, 1.25
_ROUNDED_UP = 1 + 1e-6


@dataclass(frozen=True, eq=False)
class Codes:
    """Embeddings as bytes.

    Attributes:
        values: uint8 [n,width].
        steps: float32 [width], above 0.
        residual: the most that a row differs from its bytes, as the length of the difference.
    """

    values: NDArray[np.uint8]
    steps: NDArray[np.float32]
    residual: float


def chunks(count: int) -> Iterator[slice]:
    """The rows in pieces whose work fits into a cache."""
    return (slice(start, min(start + CHUNK_ROWS, count)) for start in range(0, count, CHUNK_ROWS))


def finest_steps(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Steps float32 [width] with which no value of these rows [n,width] is cut."""
    return _steps(np.abs(rows).max(axis=0))


def lasting_steps(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Steps float32 [width] for these rows [n,width] and for those that will be added.

    Where bytes are all that is kept, a later change of steps would round twice. Columns of an embedding of unit length
    have a spread of 1/√width; six times that is room for any, and a column that is larger already gets a margin.
    """
    room = np.float32(_SPREAD / np.sqrt(rows.shape[1]))
    return _steps(np.maximum(np.abs(rows).max(axis=0) * np.float32(_MARGIN), room))


def encode(rows: NDArray[np.float32], steps: NDArray[np.float32]) -> Codes:
    """Rows float32 [n,width] as bytes with these steps; what is beyond them is cut, and counts in the residual."""
    values = np.empty(rows.shape, np.uint8)
    residual = 0.0
    for piece in chunks(len(rows)):
        values[piece] = np.clip(np.rint(rows[piece] / steps), -_LARGEST, _LARGEST).astype(np.int16) + ZERO
        difference = rows[piece].astype(np.float64) - decode(values[piece], steps)
        residual = max(residual, float(np.sqrt(np.sum(difference**2, axis=1)).max()))
    return Codes(values, steps, residual * _ROUNDED_UP)


def decode(values: NDArray[np.uint8], steps: NDArray[np.float32]) -> NDArray[np.float32]:
    """The embeddings float32 [n,width] that bytes [n,width] stand for."""
    return (values.astype(np.float32) - np.float32(ZERO)) * steps


def _steps(largest: NDArray[np.float32]) -> NDArray[np.float32]:
    """A step of 1 for a column of zeros."""
    return np.where(largest > 0, largest / np.float32(_LARGEST), np.float32(1)).astype(np.float32)
