"""Turn and scale a face so that its landmarks stand where the recognizer was trained to find them.

Umeyama's least-squares similarity (PAMI 1991, eq. 40–42) in the plane, where it has a closed form in complex numbers;
written out in sums and products, for a matrix product may round otherwise on another machine.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from edgeface.bundle.face_runner.errors import RunnerError
from edgeface.bundle.face_runner.resize import Picture
from edgeface.bundle.face_runner.warp import warp_affine

Points = Sequence[Sequence[float]] | NDArray[np.float32]
_MIN_SPREAD_PX = 1e-3
_MAX_PX = 1e7


def similarity_transform(points: Points, template: Points) -> NDArray[np.float64]:
    """The rotation, one scale and shift float64 [2,3] that bring five points [5,2] nearest to a template.

    Raises:
        RunnerError: the points are all one, or far outside any picture.
    """
    source, target = np.asarray(points, np.float64), np.asarray(template, np.float64)
    if source.shape != (5, 2) or not (np.abs(source) < _MAX_PX).all():
        raise RunnerError("the landmarks are not five points of one face")
    centre, goal = source.mean(axis=0), target.mean(axis=0)
    (x, y), (u, v) = (source - centre).T, (target - goal).T
    spread = float(np.sum(x * x + y * y))
    if spread < _MIN_SPREAD_PX**2:
        raise RunnerError("the landmarks are all at one point")
    cosine = float(np.sum(u * x + v * y)) / spread
    sine = float(np.sum(v * x - u * y)) / spread
    if np.hypot(cosine, sine) * np.sqrt(spread) < _MIN_SPREAD_PX:
        raise RunnerError("no rotation brings the landmarks near the template")
    shift_x = goal[0] - (cosine * centre[0] - sine * centre[1])
    shift_y = goal[1] - (sine * centre[0] + cosine * centre[1])
    return np.array([[cosine, -sine, shift_x], [sine, cosine, shift_y]])


def align_face(picture: Picture, landmarks: Points, template: Points, height: int, width: int) -> Picture:
    """Cut a face out of a picture as its recognizer wants it.

    Args:
        picture: uint8 [H,W,3].
        landmarks: [5,2] as x, y in pixels: the eye at the image's left, the eye at its right, the nose, the mouth's
            left and right corner.
        template: where they belong [5,2].
        height: of the aligned face, in pixels.
        width: of the aligned face, in pixels.

    Returns:
        uint8 [height,width,3].

    Raises:
        RunnerError: the landmarks are not five points of one face.
    """
    return warp_affine(picture, similarity_transform(landmarks, template), height, width)
