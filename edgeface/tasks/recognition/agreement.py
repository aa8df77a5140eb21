"""How well two recognizers agree on the same aligned faces."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from edgeface.core.confidence import Interval, low_end, mean_interval
from edgeface.graph.types import Array

BROKEN_COSINE = 0.5


@dataclass(frozen=True)
class EmbeddingAgreement:
    """Cosines between the reference's and the candidate's embedding of each face; add two to merge them."""

    cosines: tuple[float, ...] = ()

    def __add__(self, other: EmbeddingAgreement) -> EmbeddingAgreement:
        """The agreement over both sets of faces."""
        return EmbeddingAgreement(self.cosines + other.cosines)

    @classmethod
    def least(cls, parts: Sequence[EmbeddingAgreement], cases: int) -> EmbeddingAgreement:
        """As many cosines as there are cases, which lack of 1 what their mean lacks at least."""
        return cls((1 - low_end([part.losses for part in parts], cases),) * cases)

    @cached_property
    def mean_cosine(self) -> Interval:
        """Mean over the faces; NaN where there are none."""
        return mean_interval(self.cosines)

    @property
    def min_cosine(self) -> float:
        """Minimum over the faces; NaN where there are none."""
        return min(self.cosines, default=math.nan)

    @property
    def flips(self) -> None:
        """None: an embedding decides nothing by itself."""
        return

    @property
    def cases(self) -> int:
        """Faces compared."""
        return len(self.cosines)

    @property
    def broken(self) -> bool:
        """Whether the embeddings resemble the reference's less than those of different people may."""
        return bool(self.cosines) and self.mean_cosine.value < BROKEN_COSINE

    @property
    def severity(self) -> tuple[float, ...]:
        """The negated minimum cosine: the larger, the worse."""
        return (-self.min_cosine,)

    @property
    def losses(self) -> list[float]:
        """What each cosine lacks of 1, at least 0."""
        return [max(1 - cosine, 0.0) for cosine in self.cosines]

    @property
    def drift(self) -> float:
        """What the mean cosine lacks of 1, at least 0; 0 where there are no faces."""
        return sum(self.losses) / max(len(self.cosines), 1)

    def as_dict(self) -> dict[str, Any]:
        """For JSON and the certificate; the mean with its 95 % interval, null where there are no faces."""
        if not self.cosines:
            return {"faces": 0, "mean_cosine": None, "mean_cosine_interval": None, "min_cosine": None, "drift": 0.0}
        mean = self.mean_cosine
        return {
            "faces": len(self.cosines),
            "mean_cosine": round(mean.value, 6),
            "mean_cosine_interval": [round(mean.low, 6), round(mean.high, 6)],
            "min_cosine": round(self.min_cosine, 6),
            "drift": round(self.drift, 6),
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
