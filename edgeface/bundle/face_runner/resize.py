"""Resizing of 8-bit images in numpy, with the same bytes as OpenCV 5.

Shrinking averages pixel areas (`INTER_AREA`) in float32, in the order in which OpenCV adds; enlarging is bilinear
(`INTER_LINEAR`) with weights of 11 bits and a vertical step that keeps 16 bits. Both use only additions, products and
shifts, which every machine rounds identically.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
_WEIGHT_ONE = 2048
_MIN_SHARE = 1e-3
_WHOLE = np.finfo(np.float64).eps


def shrink(image: Image, rows: int, columns: int) -> Image:
    """The image shrunk by averaging pixel areas.

    Args:
        image: uint8 [H,W,3].
        rows: the result's rows, at most H.
        columns: the result's columns, at most W.

    Returns:
        uint8 [rows,columns,3].
    """
    height, width = image.shape[:2]
    steps = 1.0 / (rows / height), 1.0 / (columns / width)
    if all(abs(step - round(step)) < _WHOLE for step in steps):
        return _average_blocks(image, round(steps[0]), round(steps[1]))
    index, share = _area_shares(width, columns)
    source = image.astype(np.float32)
    lines = np.zeros((height, columns, 3), np.float32)
    for tap in range(index.shape[1]):
        lines += source[:, index[:, tap]] * share[:, tap][None, :, None]
    index, share = _area_shares(height, rows)
    sums = np.zeros((rows, columns, 3), np.float32)
    for tap in range(index.shape[1]):
        sums += lines[index[:, tap]] * share[:, tap][:, None, None]
    return to_bytes(sums)


def enlarge(image: Image, rows: int, columns: int) -> Image:
    """The image enlarged by bilinear interpolation.

    Args:
        image: uint8 [H,W,3].
        rows: the result's rows.
        columns: the result's columns.

    Returns:
        uint8 [rows,columns,3].
    """
    height, width = image.shape[:2]
    left, fraction = _positions(width, columns)
    fraction[(left < 0) | (left >= width - 1)] = 0
    left = np.clip(left, 0, width - 1)
    near, far = _weights(fraction)
    source = image.astype(np.int32)
    right = np.minimum(left + 1, width - 1)
    lines = (source[:, left] * near[None, :, None] + source[:, right] * far[None, :, None]) >> 4
    # Rows, unlike columns, keep their fraction at the edge: the same row is then used twice, and rounded twice.
    above, fraction = _positions(height, rows)
    near, far = _weights(fraction)
    first, second = lines[np.clip(above, 0, height - 1)], lines[np.clip(above + 1, 0, height - 1)]
    total = ((first * near[:, None, None]) >> 16) + ((second * far[:, None, None]) >> 16)
    return np.asarray(np.clip((total + 2) >> 2, 0, 255), np.uint8)


def to_bytes(values: NDArray[np.float32]) -> Image:
    """Values rounded to the nearest integer, half to even, clipped to 0 to 255."""
    rounded: Image = np.clip(np.rint(values), 0, 255).astype(np.uint8)
    return rounded


def _average_blocks(image: Image, down: int, across: int) -> Image:
    rows, columns = image.shape[0] // down, image.shape[1] // across
    sums = np.zeros((rows, columns, 3), np.int64)
    for y in range(down):
        for x in range(across):
            sums += image[y : rows * down : down, x : columns * across : across]
    if down == across == 2:
        return ((sums + 2) >> 2).astype(np.uint8)
    return to_bytes(sums.astype(np.float32) * np.float32(1.0 / (down * across)))


def _area_shares(source: int, target: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """The source pixels [target,taps] that each target pixel covers, and their shares; unused taps have share 0."""
    step = 1.0 / (target / source)
    covered: list[list[tuple[int, float]]] = []
    for position in range(target):
        begin = position * step
        end = begin + step
        cell = min(step, source - begin)
        last = min(math.floor(end), source - 1)
        first = min(math.ceil(begin), last)
        taps = [(first - 1, (first - begin) / cell)] if first - begin > _MIN_SHARE else []
        taps += [(pixel, 1.0 / cell) for pixel in range(first, last)]
        if end - last > _MIN_SHARE:
            taps.append((last, min(end - last, 1.0, cell) / cell))
        covered.append(taps)
    index = np.zeros((target, max(map(len, covered))), np.int64)
    share = np.zeros(index.shape, np.float32)
    for position, taps in enumerate(covered):
        index[position, : len(taps)] = [pixel for pixel, _ in taps]
        share[position, : len(taps)] = [part for _, part in taps]
    return index, share


def _positions(source: int, target: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """For each target pixel, the source pixel before it and the fraction beyond that, float32 as in OpenCV."""
    step = 1.0 / (target / source)
    exact = ((np.arange(target) + 0.5) * step - 0.5).astype(np.float32)
    whole = np.floor(exact)
    return whole.astype(np.int64), exact - whole


def _weights(fraction: NDArray[np.float32]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    one = np.float32(_WEIGHT_ONE)
    return np.rint((1 - fraction) * one).astype(np.int32), np.rint(fraction * one).astype(np.int32)
