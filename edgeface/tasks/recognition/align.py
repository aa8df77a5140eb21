"""Alignment of a face: rotate and scale it so that its landmarks match a recognizer's alignment template."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from edgeface.contracts import RecognitionContract
from edgeface.errors import InputError
from edgeface.images.given import check_image
from edgeface.tasks.recognition.similarity import similarity_transform

MAX_SIDE_PX = 32766
"""OpenCV's warps index pixels in 16 bits."""


def align_face(image: NDArray[np.uint8], landmarks: ArrayLike, contract: RecognitionContract) -> NDArray[np.uint8]:
    """The aligned face of an image, as its recognizer's contract says.

    Bilinear, without averaging where the image is shrunk, as recognizers' training data is made; pixels outside
    the image are black.

    Args:
        image: uint8 [H,W,3] in BGR, at most 32766 pixels a side.
        landmarks: [5,2] as x, y in pixels of the image: the eye at the image's left, the eye at its right,
            the nose, the mouth's left and right corner; or BlazeFace's [6,2].
        contract: size of the aligned face, and its alignment template.

    Returns:
        uint8 [h,w,3] in BGR, of the contract's input size.

    Raises:
        InputError: the array is not such an image, or the landmarks are not those of one face.
    """
    check_image(image)
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
