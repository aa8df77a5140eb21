"""Turn and scale a face so that its landmarks stand where a recognizer was trained to find them."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from edgeface.contracts import RecognitionContract
from edgeface.errors import InputError

MAX_SIDE_PX = 32766
"""OpenCV's warps count pixels in 16 bits."""

_MIN_SPREAD_PX = 1e-3
_MAX_PX = 1e7
_FIX_POINTS = "pass the five landmarks of one face, in pixels: left eye, right eye, nose, left and right mouth corner"


def similarity_transform(points: ArrayLike, template: ArrayLike) -> NDArray[np.float64]:
    """The rotation, one scale and shift that bring points nearest to a template, by least squares.

    No reflection: a mirrored face stays mirrored. In the plane Umeyama's solution ("Least-squares estimation of
    transformation parameters between two point patterns", PAMI 1991, eq. 40–42) has a closed form: with points as
    complex numbers about their means, template ≈ c · point, c = Σ template · conj(point) / Σ |point|².

    Args:
        points: five points [5,2] as x, y, pixels of the image.
        template: where they belong [5,2], pixels of the aligned face.

    Returns:
        float64 [2,3]: a point p of the image belongs at M[:, :2] · p + M[:, 2].

    Raises:
        InputError: not five points each, a coordinate is not finite or beyond any image, all points are one,
            or no rotation is better than another.
    """
    source, target = _checked(points, "landmarks"), _checked(template, "template")
    centre, goal = source.mean(axis=0), target.mean(axis=0)
    from_centre, from_goal = (source - centre) @ [1, 1j], (target - goal) @ [1, 1j]
    spread = float(np.sum(np.abs(from_centre) ** 2))
    if spread < _MIN_SPREAD_PX**2:
        raise InputError("the landmarks are all at one point", fix=_FIX_POINTS)
    turn = complex(np.sum(from_goal * np.conj(from_centre)) / spread)
    if abs(turn) * np.sqrt(spread) < _MIN_SPREAD_PX:
        raise InputError("no rotation brings the landmarks near the template", fix=_FIX_POINTS)
    linear = np.array([[turn.real, -turn.imag], [turn.imag, turn.real]])
    return np.column_stack([linear, goal - linear @ centre])


def align_face(image: NDArray[np.uint8], landmarks: ArrayLike, contract: RecognitionContract) -> NDArray[np.uint8]:
    """Cut a face out of an image as its recognizer wants it.

    Bilinear, without averaging where the image is shrunk, as recognizers' training data are made; what lies
    outside the image is black.

    Args:
        image: uint8 [H,W,3] in BGR, at most 32766 pixels a side.
        landmarks: [5,2] as x, y in pixels of the image: the eye at the image's left, the eye at its right,
            the nose, the mouth's left and right corner.
        contract: size of the aligned face, and where its landmarks stand.

    Returns:
        uint8 [h,w,3] in BGR, of the contract's input size.

    Raises:
        InputError: the array is not such an image, or the landmarks are not five points of one face.
    """
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or 0 in image.shape:
        raise InputError(
            f"an image must be uint8 [H,W,3], this is {image.dtype} {list(image.shape)}",
            fix="read it with edgeface.images.files.read_image or cv2.imread",
        )
    if max(image.shape) > MAX_SIDE_PX:
        raise InputError(
            f"the image is {image.shape[0]}×{image.shape[1]} pixels, over {MAX_SIDE_PX} a side",
            fix="make the image smaller",
        )
    matrix = similarity_transform(landmarks, contract.template)
    size: Any = (contract.input.width, contract.input.height)
    warped = cv2.warpAffine(
        image, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=(0, 0, 0)
    )
    return np.asarray(warped, np.uint8)


def _checked(points: ArrayLike, what: str) -> NDArray[np.float64]:
    array = np.asarray(points, np.float64)
    if array.shape != (5, 2):
        raise InputError(f"{what} must be [5,2], these are {list(array.shape)}", fix=_FIX_POINTS)
    if not (np.abs(array) < _MAX_PX).all():  # NaN fails this too
        raise InputError(f"the {what} hold a coordinate that is in no image", fix=_FIX_POINTS)
    return array
