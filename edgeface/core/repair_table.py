"""The description of a repair: a table of accuracy against time, and what was changed."""

from __future__ import annotations

from edgeface.core.description import Table
from edgeface.core.repair_record import RepairRecord

_LISTED = 6


def repair_table(record: RepairRecord) -> Table:
    """The curve of a repair as a table, for terminal and HTML alike."""
    rows = tuple(
        (
            changed_words(point.changed),
            f"{point.time_percent:+.1f} %",
            *(f"{point.drift[kind]:.4g}" if kind in point.drift else "–" for kind in record.kinds),
        )
        for point in record.curve
    )
    header = ("changed", "predicted time", *(f"drift of {kind}" for kind in record.kinds))
    images = "1 calibration image" if record.images == 1 else f"{record.images} calibration images"
    return Table(f"Accuracy against time, on {images}", header, rows, left=1)


def changed_words(names: tuple[str, ...]) -> str:
    """What was changed, in a few words."""
    if not names:
        return "nothing"
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return ", ".join(names[:_LISTED]) + more
