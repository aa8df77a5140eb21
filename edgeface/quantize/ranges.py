"""From a histogram to the range that is worth its steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from edgeface.graph.types import Array
from edgeface.quantize.scheme import INT8_STEPS
from edgeface.quantize.statistics import ValueStats, bin_centres

RangeMethod = Literal["minmax", "percentile", "mse"]
HEADROOM_IMAGES = 40
_CLIPS = np.exp2(-np.arange(0, 33) / 8)


@dataclass(frozen=True)
class RangeRule:
    """How ranges are chosen.

    `percentile` (in %) is the mass that stays inside, on each side that is clipped. `headroom` widens every range by
    headroom·√(40/images), for images to come reach further than those that calibrated, the more so the fewer
    these were.
    """

    method: RangeMethod = "percentile"
    percentile: float = 99.9999
    headroom: float = 0.1

    def widen(self, bounds: tuple[float, float], images: int) -> tuple[float, float]:
        """A range chosen from the statistics of so many images, with headroom."""
        factor = 1 + self.headroom * (HEADROOM_IMAGES / max(images, 1)) ** 0.5
        return bounds[0] * factor, bounds[1] * factor

    def choose(self, stats: ValueStats, negative_slope: float = 1.0) -> tuple[float, float]:
        """The range (low, high) for one value.

        Args:
            stats: what was seen of the value.
            negative_slope: slope of the LeakyReLU that alone reads the value. Errors below zero shrink by it, so
                that the negative side is clipped where fewer steps there serve the positive side better.
        """
        low, high = stats.range
        if self.method == "percentile":
            low, high = _percentile(stats, self.percentile, low, high)
        if self.method == "mse" or negative_slope < 1.0:
            clips = _CLIPS if self.method == "mse" else np.ones(1)
            return _least_squares(stats, low, high, clips, negative_slope)
        return low, high


def _percentile(stats: ValueStats, percent: float, low: float, high: float) -> tuple[float, float]:
    counts = stats.counts.sum(axis=0)
    cumulative = np.cumsum(counts) / counts.sum()
    centres = bin_centres()
    below = centres[int(np.searchsorted(cumulative, 1 - percent / 100))]
    above = centres[min(int(np.searchsorted(cumulative, percent / 100)), len(centres) - 1)]
    return max(low, min(below, 0.0)), min(high, max(above, 0.0))


def _least_squares(
    stats: ValueStats, low: float, high: float, high_clips: Array, negative_slope: float
) -> tuple[float, float]:
    """The clips of either side, in steps of 2^(1/8), with the least expected squared error of 255 steps."""
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
