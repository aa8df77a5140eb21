"""The exact search: rows that a first look cannot rule out are compared in float64, and what was ruled out is proven.

A first look is off by at most a known error. Let t be the k-th best exact score among the rows looked at: a row whose
estimate and error do not reach t is not among the k best. Where a segment's look ended before that, the segment is
looked at again, every row of it. What is no number counts as one that reaches t, so that damage comes to light.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edgeface.gallery.scan import Estimates, Scan
from edgeface.gallery.scan_numpy import rows_that_reach
from edgeface.gallery.scores import best_first, exact_scores
from edgeface.gallery.segment import Segment

MORE = 128
"""A first look gives so many rows more than are asked for: what bytes put into another order, and who was removed."""

_PIECE = 4096

MapSegments = Callable[[Callable[[Segment], list[Estimates]], Sequence[Segment]], Iterable[list[Estimates]]]


@dataclass(frozen=True, eq=False)
class Found:
    """The most similar rows of a gallery.

    Attributes:
        indices: int64 [k], of the gallery's rows, the most similar first; of equal ones the first in the gallery.
        scores: float64 [k].
    """

    indices: NDArray[np.int64]
    scores: NDArray[np.float64]


def search(
    segments: Sequence[Segment], queries: NDArray[np.float32], count: int, scan: Scan, over: MapSegments = map
) -> Iterator[Found]:
    """The most similar rows for each of several queries: what comparing every row would give, to the bit.

    Args:
        segments: of the gallery.
        queries: float32 [m,width].
        count: how many rows are wanted, at least 1.
        scan: the first look.
        over: computes a function of every segment, in order.
    """
    looks = list(over(lambda segment: scan.look(segment, queries, count + MORE), segments))
    for place, query in enumerate(queries):
        yield _exact(segments, query, count, [look[place] for look in looks])


def _exact(segments: Sequence[Segment], query: NDArray[np.float32], count: int, looks: Sequence[Estimates]) -> Found:
    lives = [segment.live(look.rows) for segment, look in zip(segments, looks, strict=True)]
    lower = [look.scores[live] - look.error for look, live in zip(looks, lives, strict=True)]
    sure = _kth(np.concatenate(lower) if lower else np.zeros(0), count)
    found = [
        _scored(segment, query, look.rows[live & ~(look.scores + look.error < sure)])
        for segment, look, live in zip(segments, looks, lives, strict=True)
    ]
    least = _kth(np.concatenate([each.scores for each in found]) if found else np.zeros(0), count)
    for place, (segment, look) in enumerate(zip(segments, looks, strict=True)):
        if look.rest != -np.inf and not look.rest + look.error < least:
            rows = rows_that_reach(segment, query, least)
            found[place] = _scored(segment, query, rows[segment.live(rows)])
    return _best(found, count)


def brute_force(segments: Sequence[Segment], query: NDArray[np.float32], count: int) -> Found:
    """What `search` has to give: the score of every row, sorted."""
    found = []
    for segment in segments:
        rows = np.arange(segment.rows)
        found.append(_scored(segment, query, rows[segment.live(rows)]))
    return _best(found, count)


def _scored(segment: Segment, query: NDArray[np.float32], rows: NDArray[np.int64]) -> Found:
    """Rows of a segment with their exact scores, a piece at a time."""
    scores = np.empty(rows.size)
    for start in range(0, rows.size, _PIECE):
        part = slice(start, start + _PIECE)
        scores[part] = exact_scores(segment.values(rows[part]), query)
    return Found(rows + segment.start, scores)


def _best(found: Sequence[Found], count: int) -> Found:
    indices = np.concatenate([each.indices for each in found]) if found else np.zeros(0, np.int64)
    scores = np.concatenate([each.scores for each in found]) if found else np.zeros(0)
    order = best_first(scores, indices, count)
    return Found(indices[order], scores[order])


def _kth(scores: NDArray[np.float64], count: int) -> float:
    """The `count`-th largest score; −inf if there are fewer."""
    return float(np.partition(scores, -count)[-count]) if scores.size >= count else -np.inf
