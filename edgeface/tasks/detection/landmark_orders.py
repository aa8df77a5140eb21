"""What the order of a face's landmarks says, by their number.

This file ships to boards as it is: Python 3.8, the standard library and numpy.
"""

from __future__ import annotations

STANDARD = 5
"""The eye at the image's left, the eye at its right, the nose, the mouth's left and right corner."""

BLAZEFACE = 6
"""MediaPipe's: the eye at the image's left, the eye at its right, the nose, the mouth's center, both ears likewise."""

_MIRRORED = {STANDARD: (1, 0, 2, 4, 3), BLAZEFACE: (1, 0, 2, 3, 5, 4)}


def mirrored_order(count: int) -> tuple[int, ...]:
    """For each landmark, the one that stands in its place on a mirrored face; empty where the order is not known."""
    return _MIRRORED.get(count, ())


def landmark_sides(count: int) -> tuple[int, ...]:
    """Each landmark's side of the face: 1 at the image's left, -1 at its right, 0 between or not known."""
    order = _MIRRORED.get(count, tuple(range(count)))
    return tuple((other > own) - (other < own) for own, other in enumerate(order))
