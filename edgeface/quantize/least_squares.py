"""Ranges with the least expected squared error of 255 steps."""

from __future__ import annotations

import numpy as np

from edgeface.graph.types import Array
from edgeface.quantize.histogram import bin_centres
from edgeface.quantize.scheme import INT8_STEPS
from edgeface.quantize.statistics import ValueStats

_CLIPS = np.exp2(-np.arange(0, 33) / 8)


def clip_both(stats: ValueStats, negative_slope: float = 1.0) -> tuple[float, float]:
    """What was seen, clipped on both sides where the steps that are saved are worth more than what is cut off.

    Args:
        stats: with histograms.
        negative_slope: slope of the LeakyReLU that alone reads the value: errors below zero shrink by it.
    """
    return _least_squares(stats, stats.range, _CLIPS, negative_slope)


def clip_below(stats: ValueStats, bounds: tuple[float, float], negative_slope: float) -> tuple[float, float]:
    """The range, clipped below zero where a LeakyReLU's slope makes fewer steps there serve the positive side better.

    Args:
        stats: with histograms.
        bounds: a range, (low, high).
        negative_slope: slope of the LeakyReLU that alone reads the value; 1 where there is none, and nothing to clip.
    """
    return bounds if negative_slope >= 1.0 else _least_squares(stats, bounds, np.ones(1), negative_slope)


def _least_squares(
    stats: ValueStats, bounds: tuple[float, float], high_clips: Array, negative_slope: float
) -> tuple[float, float]:
    """The clips of either side, in steps of 2^(1/8), with the least expected squared error of 255 steps."""
    low, high = bounds
    mass = stats.counts.sum(axis=0).astype(np.float64)
    centres = np.clip(bin_centres(), *stats.range)
    lows = low * _CLIPS if low < 0 else np.zeros(1)
    highs = high * high_clips if high > 0 else np.zeros(1)
    below = np.array([(mass * np.minimum(centres - limit, 0) ** 2).sum() for limit in lows]) * negative_slope**2
    above = np.array([(mass * np.maximum(centres - limit, 0) ** 2).sum() for limit in highs])
    step = (highs[None, :] - lows[:, None]) / INT8_STEPS
    mass_after = mass * np.where(centres < 0, negative_slope**2, 1.0)
    cost = below[:, None] + above[None, :] + _rounding(mass_after, centres, step)
    i, j = np.unravel_index(int(np.argmin(cost)), cost.shape)
    return float(lows[i]), float(highs[j])


def _rounding(mass: Array, centres: Array, step: Array) -> Array:
    """Expected squared rounding error for each step size: step²/12, or x² for what rounds to zero."""
    squares = centres**2
    order = np.argsort(np.abs(centres))
    sizes = np.abs(centres)[order]
    small = np.concatenate([[0.0], np.cumsum((mass * squares)[order])])
    count = np.concatenate([[0.0], np.cumsum(mass[order])])
    cut = np.searchsorted(sizes, step / 2)
    found: Array = small[cut] + (count[-1] - count[cut]) * step**2 / 12
    return found
