"""Min/max ranges: the full range observed in calibration."""

from __future__ import annotations

from edgeface.quantize.algorithm import Parameters, RangeMethod
from edgeface.quantize.least_squares import clip_below
from edgeface.quantize.statistics import ValueStats


def minmax(stats: ValueStats, negative_slope: float, _: Parameters) -> tuple[float, float]:
    """The observed minimum and maximum, the former clipped before a LeakyReLU."""
    return clip_below(stats, stats.range, negative_slope)


ALGORITHM = RangeMethod(minmax, Parameters, needs=("ranges", "histograms"))
