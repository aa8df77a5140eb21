"""The size that an image takes in a network's input.

This file ships to boards as it is: Python 3.8, the standard library and numpy.
"""

from __future__ import annotations

from typing import Tuple, Union  # noqa: UP035  # as below

Scale = Union[float, Tuple[float, float]]  # noqa: UP006, UP007  # Python 3.8 evaluates it
"""Input pixels per pixel of the image: one number, or one along x and one along y where the image is stretched."""


def fit(image_shape: tuple[int, int], height: int, width: int, how: str = "letterbox") -> tuple[Scale, int, int]:
    """The size at which an image is fed.

    Args:
        image_shape: height and width of the image, in pixels.
        height: of the input, in pixels.
        width: of the input, in pixels.
        how: "letterbox" for the largest size that fits with its aspect ratio kept to whole pixels, "stretch" for the
            whole input.

    Returns:
        (input pixels per image pixel, rows, columns) that the image takes.
    """
    if how == "stretch":
        return (width / image_shape[1], height / image_shape[0]), height, width
    scale = min(height / image_shape[0], width / image_shape[1])
    rows = min(max(round(image_shape[0] * scale), 1), height)
    columns = min(max(round(image_shape[1] * scale), 1), width)
    return scale, rows, columns


def along(scale: Scale) -> tuple[float, float]:
    """The scale along x and along y."""
    return scale if isinstance(scale, tuple) else (scale, scale)
