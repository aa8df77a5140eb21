"""What is predicted of one model in one runtime on some cores of a board."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from edgeface.devices.count import Counts

Bound = Literal["arithmetic", "loads", "L2", "DRAM"]
"""What cycles go to: vector arithmetic; loads, stores and every other instruction; L1 misses that hit L2; L2 misses."""

BOUNDS: tuple[Bound, ...] = ("arithmetic", "loads", "L2", "DRAM")


@dataclass(frozen=True)
class Prediction:
    """Milliseconds of one inference, of the network alone.

    Attributes:
        model: the model file; `title` is what to call it.
        device: the board's name; `core` the kind of its cores that run, `threads` how many of them.
        runtime: "litert", "tflite-runtime", "ort" or "ncnn"; `version` is the one that was counted.
        dtype: what most multiplications have: "int8" or "float32".
        pipe_ms: what the cores' pipelines need at least, with every load in time: no measurement can be below it.
        low_ms: the lower end of the range in which the truth is expected; `high_ms` the upper end.
        expected_ms: the best single figure.
        fitted_ms: the counts by the board's coefficients, which were fitted to one runtime's published figures.
        shares: of the fitted cycles, by what they go to; they add up to 1.
        evidence: a sentence: what supports the figure, and how far it may be off.
        caveats: sentences: what the counts cannot know.
        counts: of one inference on one core.

    Example:
        >>> print(prediction.expected_ms, prediction.fps, prediction.bound, prediction.evidence)
    """

    model: Path
    title: str
    device: str
    runtime: str
    version: str
    core: str
    threads: int
    dtype: str
    pipe_ms: float
    low_ms: float
    expected_ms: float
    high_ms: float
    fitted_ms: float
    shares: Mapping[Bound, float]
    evidence: str
    caveats: tuple[str, ...]
    counts: Counts

    @property
    def fps(self) -> float:
        """Inferences in a second, one after another."""
        return 1000 / self.expected_ms

    @property
    def bound(self) -> Bound:
        """What most of the fitted cycles go to."""
        return max(BOUNDS, key=lambda bound: self.shares[bound])

    @property
    def cores(self) -> str:
        """Kind and number of the cores: A72×2."""
        return f"{self.core.upper()}×{self.threads}"

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        given = {**vars(self), "model": str(self.model), "shares": dict(self.shares), "caveats": list(self.caveats)}
        return given | {"fps": self.fps, "bound": self.bound, "counts": asdict(self.counts)}
