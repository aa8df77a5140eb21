"""Enlarged crops of faces."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from edgeface.report.differences import Difference
from edgeface.report.page import Outline
from edgeface.tasks.detection.faces import Face

SIDE_PX = 192
ROOM = 1.7
"""Side of a close-up relative to the longer side of the face's box."""


@dataclass(frozen=True)
class Crop:
    """A difference and the square around it: uint8 [SIDE_PX,SIDE_PX,3] in BGR, from `corner` on, `side` pixels wide."""

    difference: Difference
    image: NDArray[np.uint8]
    corner: tuple[float, float]
    side: float

    def outline(self, face: Face | None) -> Outline | None:
        """The outline of a face on the close-up."""
        if face is None:
            return None
        x1, y1, x2, y2 = face.box
        (left, top), scale = self.corner, 100 / self.side
        box = ((x1 - left) * scale, (y1 - top) * scale, (x2 - x1) * scale, (y2 - y1) * scale)
        points = tuple((round((x - left) * scale, 2), round((y - top) * scale, 2)) for x, y in face.landmarks)
        a, b, c, d = (round(value, 2) for value in box)
        return Outline((a, b, c, d), points)


def crop(image: NDArray[np.uint8], difference: Difference) -> Crop:
    """The square around a face; pixels outside the image are gray.

    Args:
        image: uint8 [h,w,3] in BGR.
        difference: the face, the reference's where there is one.
    """
    x1, y1, x2, y2 = difference.face.box
    side = max(ROOM * max(x2 - x1, y2 - y1), 8.0)
    left, top = (x1 + x2 - side) / 2, (y1 + y2 - side) / 2
    scale = SIDE_PX / side
    # A pixel's center is half a pixel from its corner, in the image and in the close-up.
    matrix = np.array([[scale, 0, -left * scale + (scale - 1) / 2], [0, scale, -top * scale + (scale - 1) / 2]])
    interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    cut = cv2.warpAffine(
        image, matrix, (SIDE_PX, SIDE_PX), flags=interpolation, borderValue=(128, 128, 128), borderMode=0
    )
    return Crop(difference, np.asarray(cut, np.uint8), (left, top), side)
