"""Milliseconds of counts by a board's fit: the range in which a runtime is, and what the cycles go to."""

from __future__ import annotations

from dataclasses import dataclass

from edgeface.devices.count import Counts
from edgeface.devices.fitted import fitted_ms, parts_ms, pipe_ms
from edgeface.devices.profile_latency import Latency, RuntimeShare
from edgeface.prediction.prediction import Bound

_BOUNDS: dict[str, Bound] = {"vector": "arithmetic", "other": "loads", "l1": "L2", "l2": "DRAM"}


@dataclass(frozen=True)
class Estimate:
    """Milliseconds, as `Prediction` has them."""

    pipe_ms: float
    low_ms: float
    expected_ms: float
    high_ms: float
    fitted_ms: float


def estimate(counts: Counts, latency: Latency, share: RuntimeShare | None, runtime: str) -> Estimate:
    """The milliseconds of one inference.

    The range of the runtime that was fitted to is the fit's own error, which nine in ten networks are within. Of others
    it is from the bound of the pipelines to an upper estimate: the fitted figure, or the most that is known to be taken
    of it; where nothing is known, the fit's error is added.

    Args:
        counts: on one core.
        latency: the fit for the cores.
        share: what the runtime takes of the fitted figure, if that is known.
        runtime: its name.
    """
    pipe, fitted = pipe_ms(counts, latency), fitted_ms(counts, latency)
    error, expected = latency.p90_error, fitted if share is None else fitted * share.expected
    if runtime == latency.runtime:
        low, high = fitted * (1 - error), fitted * (1 + error)
    else:
        low, high = pipe, fitted * (1 + error if share is None else max(1, share.high))
    return Estimate(pipe, max(pipe, low), max(pipe, expected), max(pipe, high), fitted)


def shares_of(counts: Counts, latency: Latency) -> dict[Bound, float]:
    """The shares of the fitted milliseconds by what they go to; of nothing, all of it arithmetic."""
    parts, whole = parts_ms(counts, latency), fitted_ms(counts, latency)
    return {_BOUNDS[name]: ms / whole if whole else float(name == "vector") for name, ms in parts.items()}
