"""The similarity transform that maps a face's landmarks closest to an alignment template.

This file ships to boards as it is: Python 3.8, the standard library and numpy.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from edgeface.errors import InputError
from edgeface.tasks.detection.landmark_orders import BLAZEFACE, STANDARD

_MIN_SPREAD_PX = 1e-3
_MAX_PX = 1e7
_FIX_DETECTOR = "use a detector with five landmarks, or with BlazeFace's six"
_FIX_POINTS = "pass the five landmarks of one face, in pixels: left eye, right eye, nose, left and right mouth corner"


def similarity_transform(points: ArrayLike, template: ArrayLike) -> NDArray[np.float64]:
    """The rotation, uniform scale and translation that map points closest to a template, by least squares.

    No reflection: a mirrored face stays mirrored. In the plane Umeyama's solution ("Least-squares estimation of
    transformation parameters between two point patterns", PAMI 1991, eq. 40–42) has a closed form: with points as
    complex numbers about their means, template ≈ c · point, c = Σ template · conj(point) / Σ |point|². It is written
    as sums and products, because a matrix product may round differently on another machine.

    Args:
        points: five points [5,2] as x, y, pixels of the image; or BlazeFace's six [6,2], of which eyes, nose and the
            mouth's center count.
        template: their target positions [5,2], in pixels of the aligned face.

    Returns:
        float64 [2,3]: a point p of the image maps to M[:, :2] · p + M[:, 2].

    Raises:
        InputError: the points are of another number, a coordinate is not finite or outside any image, all points
            coincide, or no rotation is better than another.
    """
    source, target = _paired(_checked(points, "landmarks"), _checked(template, "template"))
    center, goal = source.mean(axis=0), target.mean(axis=0)
    (x, y), (u, v) = (source - center).T, (target - goal).T
    spread = float(np.sum(x * x + y * y))
    if spread < _MIN_SPREAD_PX**2:
        raise InputError("the landmarks are all at one point", fix=_FIX_POINTS)
    cosine = float(np.sum(u * x + v * y)) / spread
    sine = float(np.sum(v * x - u * y)) / spread
    if np.hypot(cosine, sine) * np.sqrt(spread) < _MIN_SPREAD_PX:
        raise InputError("no rotation maps the landmarks to the template", fix=_FIX_POINTS)
    shift_x = goal[0] - (cosine * center[0] - sine * center[1])
    shift_y = goal[1] - (sine * center[0] + cosine * center[1])
    return np.array([[cosine, -sine, shift_x], [sine, cosine, shift_y]])


def check_alignable(count: int, where: str) -> None:
    """Refuse a detector whose faces cannot be aligned.

    Args:
        count: landmarks of a face.
        where: the location that the error names.

    Raises:
        InputError: faces have no landmarks, or others than are known.
    """
    if count not in {STANDARD, BLAZEFACE}:
        given = f"{count} landmarks whose order is not known" if count else "no landmarks"
        raise InputError(
            f"this detector gives {given}, and a face is aligned by its eyes, nose and mouth",
            where=where,
            fix=_FIX_DETECTOR,
        )


def _paired(
    points: NDArray[np.float64], template: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The points that have a place in the template, and their places."""
    if len(template) != STANDARD:
        raise InputError(f"template must be [5,2], this is {list(template.shape)}", fix=_FIX_POINTS)
    if len(points) == BLAZEFACE:
        return points[:4], np.concatenate([template[:3], template[3:].mean(axis=0)[None]])
    if len(points) != STANDARD:
        raise InputError(f"landmarks must be [5,2], these are {list(points.shape)}", fix=_FIX_POINTS)
    return points, template


def _checked(points: ArrayLike, what: str) -> NDArray[np.float64]:
    array = np.asarray(points, np.float64)
    if array.shape == (0,):  # a face without landmarks
        check_alignable(0, what)
    if array.ndim != 2 or array.shape[1] != 2:
        raise InputError(f"{what} must be [5,2], these are {list(array.shape)}", fix=_FIX_POINTS)
    if not (np.abs(array) < _MAX_PX).all():  # NaN fails this too
        raise InputError(f"the {what} contain a coordinate outside any image", fix=_FIX_POINTS)
    return array
