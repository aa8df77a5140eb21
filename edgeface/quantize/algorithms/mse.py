"""Ranges with the minimum expected squared error."""

from __future__ import annotations

from edgeface.quantize.algorithm import Parameters, RangeMethod
from edgeface.quantize.least_squares import clip_both
from edgeface.quantize.statistics import ValueStats


def mse(stats: ValueStats, negative_slope: float, _: Parameters) -> tuple[float, float]:
    """The observed range, clipped where that reduces the expected error."""
    return clip_both(stats, negative_slope)


ALGORITHM = RangeMethod(mse, Parameters, needs=("ranges", "histograms"))
