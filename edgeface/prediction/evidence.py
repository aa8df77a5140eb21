"""Sentences on what supports a prediction, and on what counts cannot know."""

from __future__ import annotations

from edgeface.prediction.fits import Factor, Fit
from edgeface.prediction.runtimes import BoardRuntime

CAVEATS = (
    "the network alone: reading and scaling the image, decode and non-maximum suppression are not in it",
    "cores at their highest clock throughout: a board that gets warm, or whose governor saves power, is slower",
    "an idle board: other processes, and a camera or a display that uses the same memory, cost time",
    "threads pinned to the cores named: threads that wander onto smaller cores lose more than they gain",
)


def evidence_of(runtime: BoardRuntime, dtype: str, fit: Fit, factor: Factor | None) -> str:
    """The sentence for one prediction."""
    where = f"{fit.core.upper()}×{fit.threads}"
    base = f"fitted to {fit.rows} networks of {fit.runtime} on {where} ({fit.source})"
    if fit.runtime == runtime.name:
        return f"{base}; mean error {fit.mean_error:.1%} of rows that were left out, 90 % within {fit.p90_error:.1%}"
    if factor is not None:
        return (
            f"{runtime.title} {dtype} takes {factor.low:g}–{factor.high:g} of the fitted figure ({factor.reason}); the "
            f"range is from the pipelines' bound to the fitted figure, an upper estimate; {base}"
        )
    return f"nothing published says how {runtime.title} compares with the fitted figure, so that is expected; {base}"
