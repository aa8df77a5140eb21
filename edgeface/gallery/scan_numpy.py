"""The first look with numpy alone: every row in float32."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from edgeface.gallery.codes import chunks
from edgeface.gallery.scan import Estimates
from edgeface.gallery.scores import length, sum_error
from edgeface.gallery.segment import Segment


class NumpyScan:
    """Looks at every row in float32, a piece at a time."""

    name = "numpy"

    def look(self, segment: Segment, queries: NDArray[np.float32], count: int) -> list[Estimates]:
        """At least the `count` best estimates of a segment for each of the queries float32 [m,width]."""
        estimates = np.concatenate([piece for _, piece in _estimates(segment, queries)])
        return [_best(estimates[:, place], count, _error(segment, query)) for place, query in enumerate(queries)]


def rows_that_reach(segment: Segment, query: NDArray[np.float32], score: float) -> NDArray[np.int64]:
    """Every row, int64 [n], whose exact score with a query float32 [width] may be at least `score`."""
    error = _error(segment, query)
    found = [
        np.flatnonzero(~(piece[:, 0].astype(np.float64) + error < score)) + start
        for start, piece in _estimates(segment, query[None])
    ]
    return np.concatenate(found).astype(np.int64)


def _estimates(segment: Segment, queries: NDArray[np.float32]) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """The start of each piece, and its estimates float32 [n,m]."""
    for piece in chunks(segment.rows):
        yield piece.start, segment.values(piece) @ queries.T


def _error(segment: Segment, query: NDArray[np.float32]) -> float:
    """By how much a float32 product with a row may be off."""
    return sum_error(query.size) * segment.record.longest * length(query)


def _best(estimates: NDArray[np.float32], count: int, error: float) -> Estimates:
    if count >= estimates.size:
        rows, rest = np.arange(estimates.size), -np.inf
    else:
        order = np.argpartition(-estimates, count)
        rows, rest = order[:count], float(estimates[order[count]])
    return Estimates(rows.astype(np.int64), estimates[rows].astype(np.float64), rest, error)
