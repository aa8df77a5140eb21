"""Lines of numbers in files of labels."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from edgeface.errors import InputError

LARGEST = 1e6
"""Pixels; larger than any image, so that sums of such numbers are exact enough."""
_SHOWN = 80


def numbers_in(line: str) -> list[float] | None:
    """The numbers that a line consists of; None if it does not, or if one is larger than any image."""
    try:
        found = [float(word) for word in line.split()]
    except ValueError:
        return None
    return found if all(map(is_sane, found)) and "_" not in line else None


def is_sane(number: float) -> bool:
    """Whether a number may be a place or a size in an image; NaN is not."""
    return -LARGEST <= number <= LARGEST


def corners(x: float, y: float, width: float, height: float) -> Sequence[float]:
    """x1, y1, x2, y2 of a box that is given by its top left corner and its size."""
    return (x, y, x + width, y + height)


def line_error(number: int, line: str, what: str, path: Path, fix: str) -> InputError:
    """The error for a line, counted from 1."""
    return InputError(f"line {number} {what}: {line.strip()[:_SHOWN]!r}", where=str(path), fix=fix)
