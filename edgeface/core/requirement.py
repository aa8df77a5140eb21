"""One requirement of a gate, with its verdict."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Requirement:
    """One requirement, what was measured, and whether that meets it."""

    what: str
    limit: str
    measured: str
    met: bool


def points_lost(what: str, limit: float | None, lost: float | None) -> list[Requirement]:
    """That a figure falls by so many percent points at most; nothing where there is no limit or no figure.

    Args:
        what: names the loss.
        limit: most points that may be lost.
        lost: points; negative where the figure rose.
    """
    if limit is None or lost is None:
        return []
    return [Requirement(what, f"≤ {limit:g} points", f"{round(lost, 2) + 0.0:.2f} points", lost <= limit)]
