"""The range of an input image whose levels are known: 256 for each channel.

A grid contains zero. Where the levels lie halfway between its steps, as those of (u − 127.5) / 128 do, every pixel is
off by half a step, up or down as a runtime rounds halves: ONNX Runtime to even, others away from zero. A range that is
slightly wider moves the levels off the halves.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from edgeface.graph.types import Array
from edgeface.quantize.scheme import Scheme

WIDENINGS = 20
STEP = 1e-3
HALF = 0.01
"""A level within this share of a step from halfway counts as a half."""
MAX_HALVES = 0.05


def image_levels(mean: Sequence[float], scale: Sequence[float]) -> Array:
    """All numbers that an 8-bit image can have after normalization: float64 [channels · 256].

    Args:
        mean: of each channel, subtracted first.
        scale: of each channel.
    """
    stored = np.arange(256.0)
    return np.concatenate([(stored - m) * s for m, s in zip(mean, scale, strict=True)])


def image_range(levels: Array, scheme: Scheme) -> tuple[float, float]:
    """The minimum and maximum of the levels, widened by up to 2 % if more than 5 % of the levels were halves.

    Args:
        levels: every number that occurs.
        scheme: the target's, which makes a grid of a range.
    """
    low, high = float(levels.min()), float(levels.max())
    if halves(levels, low, high, scheme) <= MAX_HALVES:
        return low, high
    wider = [(low * (1 + n * STEP), high * (1 + n * STEP)) for n in range(1, WIDENINGS + 1)]
    return min(wider, key=lambda bounds: _squared_error(levels, scheme, bounds))


def halves(levels: Array, low: float, high: float, scheme: Scheme) -> float:
    """The share of the levels that lie halfway between two steps of the range's grid."""
    steps = levels / scheme.activation(low, high).scale[0]
    return float(np.mean(np.abs(steps - np.floor(steps) - 0.5) < HALF))


def _squared_error(levels: Array, scheme: Scheme, bounds: tuple[float, float]) -> float:
    grid = scheme.activation(*bounds)
    error = grid.dequantize(grid.quantize(levels)) - levels
    return float(np.mean(np.square(error)))
