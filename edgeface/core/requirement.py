"""One requirement of a gate, with its verdict."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Requirement:
    """A requirement, what was measured, and whether it is met."""

    what: str
    limit: str
    measured: str
    met: bool


def points_lost(what: str, limit: float | None, lost: float | None) -> list[Requirement]:
    """The requirement that a figure drops by at most `limit` percentage points; empty without limit or figure.

    Args:
        what: name of the loss.
        limit: maximum loss in points.
        lost: measured loss in points; negative where the figure rose.
    """
    if limit is None or lost is None:
        return []
    return [Requirement(what, f"≤ {limit:g} points", f"{round(lost, 2) + 0.0:.2f} points", lost <= limit)]
