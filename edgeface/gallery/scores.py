"""The similarity by which people are ranked: one routine, so that each way to search gives the same order."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def exact_scores(rows: NDArray[np.float32], query: NDArray[np.float32]) -> NDArray[np.float64]:
    """The products of embeddings float32 [n,width] with one, float32 [width], as float64 [n].

    Each product of two float32 is exact in float64, and each row is summed alone and in a fixed order: a row's score
    depends neither on its neighbors nor on the machine, as a matrix product's may.
    """
    products = rows.astype(np.float64) * query.astype(np.float64)
    scores: NDArray[np.float64] = np.sum(products, axis=1)
    return scores


def best_first(scores: NDArray[np.float64], indices: NDArray[np.int64], count: int) -> NDArray[np.intp]:
    """The places of the `count` best scores, the best first; of equal ones the smaller index."""
    return np.lexsort((indices, -scores))[:count]


def length(vector: NDArray[np.float32]) -> float:
    """The length of a vector [width], in float64."""
    return float(np.sqrt(np.sum(vector.astype(np.float64) ** 2)))


def sum_error(width: int) -> float:
    """By how much a float32 product of vectors may be off, as a part of the product of their lengths.

    Holds for any order of the sum, with or without fused steps (Higham's γ); eight more for scaling before and after.
    """
    unit = 2.0**-24 * (width + 8)
    return unit / (1 - unit)
