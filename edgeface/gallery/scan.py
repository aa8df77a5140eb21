"""The first look at a segment: which rows may be among the most similar, and how wrong that look can be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from edgeface.gallery.segment import Segment


@dataclass(frozen=True, eq=False)
class Estimates:
    """What a first look gives for one query.

    Attributes:
        rows: int64 [n], of the segment.
        scores: float64 [n], each at most `error` from the exact score.
        rest: no other row's estimate is above this; −inf where there is no other.
        error: as above.
    """

    rows: NDArray[np.int64]
    scores: NDArray[np.float64]
    rest: float
    error: float


class Scan(Protocol):
    """A way to look at a segment."""

    name: str

    def look(self, segment: Segment, queries: NDArray[np.float32], count: int) -> list[Estimates]:
        """At least the `count` best estimates of a segment for each of the queries float32 [m,width]."""
