"""Ranges that lose the least information, as TensorRT's entropy calibration chooses them (Migacz 2017, NVIDIA GTC).

The numbers' magnitudes are counted in equal bins. For each candidate limit, what lies above it joins the last bin below
it, and the same counts are merged into the integers' levels and spread out again; the limit with the smallest
Kullback–Leibler divergence between both is chosen. It clips far more than least squares do.
"""

from __future__ import annotations

import numpy as np
from pydantic import Field

from edgeface.graph.types import Array
from edgeface.quantize.algorithm import Parameters, RangeMethod
from edgeface.quantize.histogram import BINS_PER_OCTAVE, HIGH_EXPONENT, LOW_EXPONENT, MAGNITUDES, ZERO_BIN
from edgeface.quantize.least_squares import clip_below
from edgeface.quantize.statistics import ValueStats


class Entropy(Parameters):
    """The histogram, and what it is compared with."""

    bins: int = Field(default=1024, ge=256, le=8192, description="Bins of the histogram of magnitudes.")
    levels: int = Field(
        default=128, ge=8, le=256, description="Levels of the integers' magnitudes, and the fewest bins that stay."
    )


def entropy(stats: ValueStats, negative_slope: float, parameters: Entropy) -> tuple[float, float]:
    """The observed range, clipped on both sides at the magnitude that loses the least information."""
    low, high = stats.range
    reach = max(-low, high, 0.0)
    if not 2.0**LOW_EXPONENT < reach < 2.0**HIGH_EXPONENT:  # beyond what histograms resolve
        return low, high
    counts = _equal_bins(stats.counts.sum(axis=0), reach, parameters.bins)
    kept = np.arange(parameters.levels, parameters.bins + 1, max(1, parameters.bins // 128))
    limit = (
        reach * kept[int(np.argmin([_divergence(counts, int(n), parameters.levels) for n in kept]))] / parameters.bins
    )
    return clip_below(stats, (max(low, -limit), min(high, limit)), negative_slope)


def _equal_bins(counts: Array, reach: float, bins: int) -> Array:
    """Counts of magnitudes above 0 in equal bins up to `reach`, each logarithmic bin's spread evenly over its width."""
    positive = counts[ZERO_BIN + 1 :] + counts[ZERO_BIN - 1 :: -1]
    edges = np.minimum(np.exp2(np.arange(MAGNITUDES + 1) / BINS_PER_OCTAVE + LOW_EXPONENT), reach)
    below = np.concatenate([[0.0], np.cumsum(positive)])
    ends = np.linspace(0, reach, bins + 1)
    first = int(np.searchsorted(edges, reach))
    spread: Array = np.diff(np.interp(ends, edges[: first + 1], below[: first + 1]))
    spread[-1] += below[-1] - below[first]
    return spread


def _divergence(counts: Array, kept: int, levels: int) -> float:
    """Kullback–Leibler divergence of the counts, clipped to `kept` bins, from those merged into `levels` levels."""
    clipped = counts[:kept].copy()
    clipped[-1] += counts[kept:].sum()
    level = np.arange(kept) * levels // kept
    filled = counts[:kept] > 0
    mass = np.bincount(level, counts[:kept], levels)
    bins = np.bincount(level, filled.astype(float), levels)
    merged = np.where(filled, mass[level] / np.maximum(bins[level], 1.0), 0.0)
    p, q = clipped / max(clipped.sum(), 1e-30), merged / max(merged.sum(), 1e-30)
    seen = p > 0
    return float((p[seen] * np.log(p[seen] / np.maximum(q[seen], 1e-12))).sum())


ALGORITHM = RangeMethod(entropy, Entropy, needs=("ranges", "histograms"))
