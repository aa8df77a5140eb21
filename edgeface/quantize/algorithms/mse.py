"""Ranges with the minimum expected squared error (Sung et al. 2015, arXiv 1511.06488)."""

from __future__ import annotations

from pydantic import Field

from edgeface.quantize.algorithm import Parameters, RangeMethod
from edgeface.quantize.least_squares import clip_both
from edgeface.quantize.statistics import ValueStats


class LeastSquares(Parameters):
    """How much clipping counts."""

    clipping: float = Field(
        default=1.0,
        gt=0.0,
        le=1e6,
        description="Factor of squared errors of clipping, which err to one side, against those of rounding.",
    )


def mse(stats: ValueStats, negative_slope: float, parameters: LeastSquares) -> tuple[float, float]:
    """The observed range, clipped where that reduces the expected error."""
    return clip_both(stats, negative_slope, parameters.clipping)


ALGORITHM = RangeMethod(mse, LeastSquares, needs=("ranges", "histograms"))
