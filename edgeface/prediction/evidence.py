"""Sentences on what supports a prediction, and on what counts cannot know."""

from __future__ import annotations

from edgeface.devices.profile_latency import Latency, RuntimeShare
from edgeface.prediction.runtimes import BoardRuntime

CAVEATS = (
    "the network alone: reading and scaling the image, decode and non-maximum suppression come on top",
    "cores at their highest clock throughout: a board that gets warm, or whose governor saves power, is slower",
    "an idle board: other processes, and a camera or display that uses the same memory, cost time",
    "threads pinned to the cores that are named: threads that wander onto smaller cores lose more than they gain",
    "values like those of images: numbers near zero that are denormal can be slower in float32",
)

WEIGHTLESS = "weights of zero were run, since there are none beside the graph: that takes as long"


def evidence_of(runtime: BoardRuntime, dtype: str, latency: Latency, share: RuntimeShare | None) -> str:
    """The sentence for one prediction."""
    fit = (
        f"coefficients fitted to {latency.rows} networks of {latency.runtime} {latency.version} "
        f"({latency.source}, {latency.date})"
    )
    off = f"mean error {latency.mean_error:.1%} of networks left out of the fit, nine in ten within"
    if latency.runtime == runtime.name:
        return f"{fit}; {off} {latency.p90_error:.1%}, which is the range"
    if share is not None:
        takes = f"{share.low:g} to {share.high:g} of the fitted figure, {share.expected:g} is expected"
        most = f"{share.high:g} of the fitted figure" if share.high > 1 else "the fitted figure"
        bounds = f"the range is from the pipelines' bound to {most}, an upper estimate"
        return f"{runtime.title} {dtype} takes {takes}: {share.reason}; {bounds}; {fit}"
    return (
        f"nothing published says what {runtime.title} takes of the fitted figure, so that is expected, and may be far "
        f"off; the range is from the pipelines' bound to the fitted figure and its error; {fit}"
    )
