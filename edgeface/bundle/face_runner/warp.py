"""Affine warp of an image, with the same bytes as OpenCV 5's `warpAffine`.

OpenCV evaluates the inverse transform in float32, one fused multiply–add for each coordinate, and interpolates
bilinearly with fused multiply–adds. Here those are a product and a sum in float64, which holds every product of two
float32 exactly, rounded once to float32: the same bits on machines with and without such an instruction.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edgeface.bundle.face_runner.resize import Image, to_bytes


def warp_affine(image: Image, matrix: NDArray[np.float64], height: int, width: int) -> Image:
    """The warped image, bilinear, black outside the source.

    Args:
        image: uint8 [H,W,3].
        matrix: float64 [2,3], from the image's pixels to the result's.
        height: the result's height in pixels.
        width: the result's width in pixels.

    Returns:
        uint8 [height,width,3].
    """
    inverse = _inverse(matrix).astype(np.float32)
    x = np.arange(width, dtype=np.float32)[None, :]
    y = np.arange(height, dtype=np.float32)[:, None]
    at_x = _fused(inverse[0, 0], x, y * inverse[0, 1] + inverse[0, 2])
    at_y = _fused(inverse[1, 0], x, y * inverse[1, 1] + inverse[1, 2])
    left, top = np.floor(at_x), np.floor(at_y)
    right_share, lower_share = (at_x - left)[..., None], (at_y - top)[..., None]
    columns, rows = left.astype(np.int64), top.astype(np.int64)
    upper = _between(_pixels(image, rows, columns), _pixels(image, rows, columns + 1), right_share)
    lower = _between(_pixels(image, rows + 1, columns), _pixels(image, rows + 1, columns + 1), right_share)
    return to_bytes(_between(upper, lower, lower_share))


def _inverse(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """The inverse transform float64 [2,3], in OpenCV's order of operations."""
    (a, b, c), (d, e, f) = ([float(value) for value in row] for row in matrix)
    determinant = a * e - b * d
    scale = 1 / determinant if determinant else 0.0
    a, b, d, e = e * scale, b * -scale, d * -scale, a * scale
    return np.array([[a, b, -a * c - b * f], [d, e, -d * c - e * f]])


def _fused(a: NDArray[np.float32], b: NDArray[np.float32], c: NDArray[np.float32]) -> NDArray[np.float32]:
    """a·b + c, rounded once."""
    exact: NDArray[np.float64] = a.astype(np.float64) * b.astype(np.float64) + c.astype(np.float64)
    return exact.astype(np.float32)


def _between(a: NDArray[np.float32], b: NDArray[np.float32], share: NDArray[np.float32]) -> NDArray[np.float32]:
    return _fused(share, b - a, a)


def _pixels(image: Image, rows: NDArray[np.int64], columns: NDArray[np.int64]) -> NDArray[np.float32]:
    height, width = image.shape[:2]
    inside = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
    found = image[np.clip(rows, 0, height - 1), np.clip(columns, 0, width - 1)]
    return np.where(inside[..., None], found, 0).astype(np.float32)
