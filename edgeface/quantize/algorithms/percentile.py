"""Percentile ranges, which contain all but a given share of the numbers."""

from __future__ import annotations

import numpy as np
from pydantic import Field

from edgeface.quantize.algorithm import Parameters, RangeMethod
from edgeface.quantize.histogram import bin_centers
from edgeface.quantize.least_squares import clip_below
from edgeface.quantize.statistics import ValueStats


class Percentile(Parameters):
    """How much stays inside."""

    percentile: float = Field(
        default=99.9999, ge=50.0, le=100.0, description="Numbers that stay inside on each clipped side, in percent."
    )


def percentile(stats: ValueStats, negative_slope: float, parameters: Percentile) -> tuple[float, float]:
    """The percentiles of both sides, widened to include zero; the lower one clipped before a LeakyReLU."""
    return clip_below(stats, _percentiles(stats, parameters.percentile), negative_slope)


def _percentiles(stats: ValueStats, percent: float) -> tuple[float, float]:
    low, high = stats.range
    counts = stats.counts.sum(axis=0)
    cumulative = np.cumsum(counts) / counts.sum()
    centers = bin_centers()
    below = centers[int(np.searchsorted(cumulative, 1 - percent / 100))]
    above = centers[min(int(np.searchsorted(cumulative, percent / 100)), len(centers) - 1)]
    return max(low, min(below, 0.0)), min(high, max(above, 0.0))


ALGORITHM = RangeMethod(percentile, Percentile, needs=("ranges", "histograms"))
