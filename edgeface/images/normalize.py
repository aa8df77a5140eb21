"""From 8-bit pixels to the numbers that a network is fed.

This file ships to boards as it is: Python 3.8, the standard library and numpy.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_BLUE, _GREEN, _RED, _BITS = 3735, 19235, 9798, 15


def gray(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The brightness of an image uint8 [h,w,3] in BGR, uint8 [h,w]: .299 R + .587 G + .114 B.

    In whole numbers, as OpenCV computes it, so that every machine gives the same bytes.
    """
    blue, green, red = (image[:, :, channel].astype(np.int32) for channel in range(3))
    total = blue * _BLUE + green * _GREEN + red * _RED
    return ((total + (1 << (_BITS - 1))) >> _BITS).astype(np.uint8)


def normalized(
    image: NDArray[np.uint8], color: str, mean: Sequence[float], scale: Sequence[float]
) -> NDArray[np.float32]:
    """(x − mean) · scale of each channel.

    Args:
        image: uint8 [h,w,3] in BGR.
        color: the order of the result's channels, "bgr", "rgb", or "grey" for one channel.
        mean: for each channel of the result, subtracted first.
        scale: for each channel of the result.

    Returns:
        float32 [h,w,C].
    """
    ordered = gray(image)[:, :, None] if color == "grey" else image
    if color == "rgb":
        ordered = image[:, :, ::-1]
    shift, factor = np.asarray(mean, np.float32), np.asarray(scale, np.float32)
    numbers: NDArray[np.float32] = ordered.astype(np.float32)
    numbers -= shift
    if (factor != 1).any():
        numbers *= factor
    return numbers
