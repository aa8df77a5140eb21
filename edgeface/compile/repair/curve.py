"""The curve of accuracy against time: what was run, without what another build beats."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from edgeface.compile.repair.measured import Measured
from edgeface.core.repair_record import CurvePoint


@dataclass(frozen=True)
class Point:
    """A build that was run, and what was changed in it."""

    names: tuple[str, ...]
    measured: Measured


def front(points: Sequence[Point], kind: str, chosen: tuple[str, ...] = ()) -> list[Point]:
    """The points that no other beats in time and drift of one kind, by growing time, after the one without changes.

    Args:
        points: what was run.
        kind: of drift.
        chosen: the changes of the point that is kept in any case: other kinds of drift may have decided.
    """
    start = [point for point in points if not point.names]
    rest = [point for point in points if point.names and kind in point.measured.drift]
    best, kept = float("inf"), []
    for point in sorted(rest, key=lambda each: (each.measured.us, each.measured.drift[kind], each.names)):
        if point.measured.drift[kind] < best or point.names == chosen:
            best = min(best, point.measured.drift[kind])
            kept.append(point)
    return start + kept


def recorded(points: Sequence[Point], start: Measured) -> tuple[CurvePoint, ...]:
    """The points with times relative to the start, rounded as they are shown."""
    return tuple(
        CurvePoint(
            changed=point.names,
            time_percent=round(100 * (point.measured.us / start.us - 1), 2) if start.us else 0.0,
            drift={kind: float(f"{size:.4g}") for kind, size in point.measured.drift.items()},
        )
        for point in points
    )
