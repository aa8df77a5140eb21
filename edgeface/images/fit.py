"""How large an image is in a network's input.

This file ships to boards as it is: Python 3.8, the standard library and numpy.
"""

from __future__ import annotations


def fit(image_shape: tuple[int, int], height: int, width: int) -> tuple[float, int, int]:
    """The largest size of an image in an input, with its aspect ratio kept as whole pixels allow.

    Args:
        image_shape: the image's height and width in pixels.
        height: of the input, in pixels.
        width: of the input, in pixels.

    Returns:
        Input pixels per pixel of the image, and the rows and columns that the image takes.
    """
    scale = min(height / image_shape[0], width / image_shape[1])
    rows = min(max(round(image_shape[0] * scale), 1), height)
    columns = min(max(round(image_shape[1] * scale), 1), width)
    return scale, rows, columns
