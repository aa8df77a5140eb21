"""A detected face.

This file ships to boards as it is: Python 3.8, the standard library and numpy.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Face:
    """A detected face, in pixels of the image.

    `box` is x1, y1, x2, y2 within the image; `score` 0 to 1; `landmarks` any number of points, which may lie outside:
    five are the eye at the image's left, the eye at its right, the nose, the mouth's left and right corner; another
    number is in its decoder's order, and a detector without landmarks has none.

    Example:
        >>> x1, y1, x2, y2 = face.box
        >>> left_eye, right_eye, nose, left_mouth, right_mouth = face.landmarks
    """

    box: tuple[float, float, float, float]
    score: float
    landmarks: tuple[tuple[float, float], ...] = ()

    @property
    def size_px(self) -> float:
        """Side of the square that has the box's area."""
        x1, y1, x2, y2 = self.box
        return math.sqrt(max(x2 - x1, 0.0) * max(y2 - y1, 0.0))

    def as_dict(self) -> dict[str, object]:
        """The face for JSON."""
        return {"box": list(self.box), "score": self.score, "landmarks": [list(point) for point in self.landmarks]}


def face_boxes(faces: Sequence[Face]) -> NDArray[np.float32]:
    """The faces' boxes as float32 [n,4]."""
    return np.array([face.box for face in faces], np.float32).reshape(-1, 4)
