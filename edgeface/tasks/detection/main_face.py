"""The main face of an image.

This file ships to boards as it is: Python 3.8, the standard library and numpy.
"""

from __future__ import annotations

from collections.abc import Sequence

from edgeface.tasks.detection.faces import Face

_OFF_CENTER = 2.0


def main_face(faces: Sequence[Face], image_shape: tuple[int, int]) -> Face | None:
    """The large face near the center: area − 2·d², d from the image's center, in pixels: insightface's rule.

    Args:
        faces: in pixels of the image.
        image_shape: its height and width.
    """
    height, width = image_shape

    def prominence(face: Face) -> float:
        x1, y1, x2, y2 = face.box
        off = ((x1 + x2 - width) / 2) ** 2 + ((y1 + y2 - height) / 2) ** 2
        return (x2 - x1) * (y2 - y1) - _OFF_CENTER * off

    return max(faces, key=prominence, default=None)
