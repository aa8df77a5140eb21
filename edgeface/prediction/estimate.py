"""Milliseconds of counts by a board's fit: the fitted figure, its parts, and the range for a runtime."""

from __future__ import annotations

from dataclasses import dataclass

from edgeface.devices.count import Counts
from edgeface.prediction.fits import Factor, Fit
from edgeface.prediction.pipes import pipe_cycles
from edgeface.prediction.prediction import Bound


@dataclass(frozen=True)
class Estimate:
    """Milliseconds, as `Prediction` has them."""

    pipe_ms: float
    low_ms: float
    expected_ms: float
    high_ms: float
    fitted_ms: float


def parts_ms(counts: Counts, fit: Fit) -> dict[Bound, float]:
    """The fitted milliseconds by what they go to."""
    cycles: dict[Bound, float] = {
        "arithmetic": fit.vector * counts.vector,
        "loads": fit.other * (counts.instructions - counts.vector),
        "L2": fit.l1 * (counts.l1_misses - counts.l2_misses),
        "DRAM": fit.l2 * counts.l2_misses,
    }
    return {name: value / fit.clock_khz for name, value in cycles.items()}


def shares_of(counts: Counts, fit: Fit) -> dict[Bound, float]:
    """The shares of the fitted milliseconds by what they go to; of nothing, all of it arithmetic."""
    parts = parts_ms(counts, fit)
    whole = sum(parts.values())
    return {bound: ms / whole if whole else float(bound == "arithmetic") for bound, ms in parts.items()}


def estimate(counts: Counts, fit: Fit, factor: Factor | None, is_fitted: bool) -> Estimate:
    """The milliseconds of one inference.

    Args:
        counts: on one core.
        fit: of the cores.
        factor: what the runtime takes of the fitted figure, if that is known.
        is_fitted: whether the fit is to this runtime's figures. Its range is then the fit's own error; for others it
            is from the pipelines' bound to the fitted figure, and if nothing else is known, to that and its error.
    """
    fitted = sum(parts_ms(counts, fit).values())
    pipe = pipe_cycles(counts) / fit.clock_khz / fit.threads
    error = fit.p90_error
    if is_fitted:
        return Estimate(pipe, max(pipe, fitted * (1 - error)), max(pipe, fitted), fitted * (1 + error), fitted)
    if factor is not None:
        return Estimate(pipe, pipe, max(pipe, factor.expected * fitted), max(pipe, fitted), fitted)
    return Estimate(pipe, pipe, max(pipe, fitted), max(pipe, fitted * (1 + error)), fitted)
