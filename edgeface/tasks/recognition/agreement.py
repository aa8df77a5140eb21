"""How well two recognizers agree on the same aligned faces."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from edgeface.core.bound import Bound, Figure, enough
from edgeface.core.confidence import Interval, mean_interval
from edgeface.core.requirement import Requirement
from edgeface.core.thresholds import Thresholds
from edgeface.graph.types import Array


@dataclass(frozen=True)
class EmbeddingAgreement:
    """Cosines between the reference's and the candidate's embedding of each face; add two to merge them."""

    cosines: tuple[float, ...] = ()

    def __add__(self, other: EmbeddingAgreement) -> EmbeddingAgreement:
        """The agreement over both sets of faces."""
        return EmbeddingAgreement(self.cosines + other.cosines)

    @cached_property
    def mean_cosine(self) -> Interval:
        """Mean over the faces; NaN where there are none."""
        return mean_interval(self.cosines)

    @property
    def min_cosine(self) -> float:
        """Minimum over the faces; NaN where there are none."""
        return min(self.cosines, default=math.nan)

    @property
    def drift(self) -> float:
        """1 − mean cosine."""
        return 1 - self.mean_cosine.value

    @property
    def flips(self) -> None:
        """None: an embedding decides nothing by itself."""
        return

    @property
    def cases(self) -> int:
        """Faces compared."""
        return len(self.cosines)

    @property
    def severity(self) -> tuple[float, ...]:
        """The negated minimum cosine: the larger, the worse."""
        return (-self.min_cosine,)

    def as_dict(self) -> dict[str, Any]:
        """For JSON and the certificate; the mean with its 95 % interval, null where there are no faces."""
        if not self.cosines:
            return {"faces": 0, "mean_cosine": None, "mean_cosine_interval": None, "min_cosine": None}
        mean = self.mean_cosine
        return {
            "faces": len(self.cosines),
            "mean_cosine": round(mean.value, 6),
            "mean_cosine_interval": [round(mean.low, 6), round(mean.high, 6)],
            "min_cosine": round(self.min_cosine, 6),
        }


def compare_embeddings(reference: Array, candidate: Array) -> EmbeddingAgreement:
    """Agreement on one face; an embedding that is zero or not finite agrees with nothing (cosine −1).

    Args:
        reference: [1,width].
        candidate: [1,width].
    """
    a, b = reference.astype(np.float64).ravel(), candidate.astype(np.float64).ravel()
    norm = float(np.linalg.norm(a) * np.linalg.norm(b))
    cosine = float(a @ b) / norm if norm > 0 and np.isfinite(norm) else -1.0
    return EmbeddingAgreement((cosine,))


def embedding_requirements(limits: Thresholds, found: EmbeddingAgreement) -> list[Requirement]:
    """The thresholds' requirements on two recognizers' agreement; the mean is judged by its 95 % interval."""
    if not limits.required():
        return []
    least, count = limits.evidence.faces, len(found.cosines)
    judged = [enough("faces compared", count, least, "faces")]
    if limits.mean_cosine is not None:
        mean = Figure(found.mean_cosine, count, "faces", f"{found.mean_cosine.value:.5f}")
        judged.append(Bound("mean cosine to float32", limits.mean_cosine, least, at_least=True).judge(mean))
    if limits.min_cosine is not None:
        lowest = Interval(*[found.min_cosine] * 3)  # of the faces seen: no interval holds the extreme of others
        figure = Figure(lowest, count, "faces", f"{found.min_cosine:.5f}")
        bound = Bound("minimum cosine to float32", limits.min_cosine, least, at_least=True)
        judged.append(replace(bound.judge(figure), interval=None))
    return judged
