"""How far a candidate's raw decisions drift from the reference's: a smooth measure that few images estimate well.

Counts of faces that flip at a threshold need thousands of faces to tell one build from another. Before overlaps are
suppressed and thresholds applied, each image holds many decisions, and how far they move is estimated well by dozens of
images: between two halves of 120 photographs, what a group of nodes in float gains correlated by .88 so measured, and
by .06 measured on the matched faces' scores (docs/repair.md).
"""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Drift:
    """A sum over decisions, and their number; add two to merge them.

    With `squared`, the sum is of squares.
    """

    total: float = 0.0
    count: int = 0
    squared: bool = False

    def __add__(self, other: Drift) -> Drift:
        """The drift over both sets of images."""
        return Drift(self.total + other.total, self.count + other.count, self.squared)

    @property
    def mean(self) -> float:
        """The mean over decisions, of squares where those are summed; NaN without decisions."""
        return self.total / self.count if self.count else math.nan

    @property
    def size(self) -> float:
        """The mean drift of a decision, which is proportional to the noise that caused it; NaN without decisions."""
        return math.sqrt(max(self.mean, 0.0)) if self.squared and self.count else self.mean
