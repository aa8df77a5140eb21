"""Embeddings as vectors: their length, and the angle between two.

This file ships to boards as it is: Python 3.8, the standard library and numpy.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edgeface.errors import InputError, RuntimeFailure


def unit_length(embedding: NDArray[np.float64], what: str, where: str) -> NDArray[np.float32]:
    """An embedding [width] scaled to length 1.

    Args:
        embedding: float64, so that its length cannot overflow.
        what: its name in errors.
        where: its source, for errors.

    Raises:
        RuntimeFailure: it is zero or not finite.
    """
    length = np.sqrt(np.sum(embedding**2))
    if not 0 < length < np.inf:
        raise RuntimeFailure(
            f"{what} is {'all zeros' if length == 0 else 'not finite'}",
            where=where,
            fix="the model is damaged or badly quantized: compare it with its original (edgeface parity)",
        )
    return np.asarray(embedding / length, np.float32)


def is_embedding(shape: tuple[int, ...], width: int) -> bool:
    """Whether an output's shape holds one embedding of so many numbers, e.g. [1,width], [width] or [1,width,1,1]."""
    count = 1
    for side in shape:
        count *= side
    return count == width and width in (*shape, 1)


def cosine(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    """Cosine of two embeddings [width] of any length but 0: from −1 to 1, 1 for the same direction.

    Written as products and a sum, because a matrix product may round differently on another machine.

    Raises:
        InputError: the widths differ, or an embedding is zero or not finite.
    """
    if a.ndim != 1 or a.shape != b.shape:
        raise InputError(
            f"embeddings of shapes {list(a.shape)} and {list(b.shape)} cannot be compared",
            fix="compare two single embeddings of one recognizer",
        )
    first, second = a.astype(np.float64), b.astype(np.float64)
    lengths = float(np.sqrt(np.sum(first**2) * np.sum(second**2)))
    if not 0 < lengths < np.inf:
        raise InputError("an embedding is zero or not finite", fix="embed the faces again")
    return float(np.clip(np.sum(first * second) / lengths, -1, 1))
