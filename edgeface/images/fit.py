"""The size that an image takes in a network's input.

This file ships to boards as it is: Python 3.8, the standard library and numpy.
"""

from __future__ import annotations


def fit(image_shape: tuple[int, int], height: int, width: int) -> tuple[float, int, int]:
    """The largest size at which an image fits into an input, with its aspect ratio kept to whole pixels.

    Args:
        image_shape: height and width of the image, in pixels.
        height: of the input, in pixels.
        width: of the input, in pixels.

    Returns:
        (input pixels per image pixel, rows, columns) that the image takes.
    """
    scale = min(height / image_shape[0], width / image_shape[1])
    rows = min(max(round(image_shape[0] * scale), 1), height)
    columns = min(max(round(image_shape[1] * scale), 1), width)
    return scale, rows, columns
