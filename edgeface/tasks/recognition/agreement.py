"""How well two recognizers agree on the same aligned faces."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

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

    @property
    def mean_cosine(self) -> float:
        """Mean over the faces; 1 where there are none."""
        return float(np.mean(self.cosines)) if self.cosines else 1.0

    @property
    def min_cosine(self) -> float:
        """Minimum over the faces; 1 where there are none."""
        return min(self.cosines, default=1.0)

    @property
    def severity(self) -> tuple[float, ...]:
        """The negated minimum cosine: the larger, the worse."""
        return (-self.min_cosine,)

    def as_dict(self) -> dict[str, Any]:
        """For JSON and the certificate."""
        return {
            "faces": len(self.cosines),
            "mean_cosine": round(self.mean_cosine, 6),
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
    """The thresholds' requirements on two recognizers' agreement, each with its verdict."""
    measured = (
        ("mean cosine to float32", limits.mean_cosine, found.mean_cosine),
        ("minimum cosine to float32", limits.min_cosine, found.min_cosine),
    )
    return [
        Requirement(what, f"≥ {limit:g}", f"{value:.5f}", value >= limit)
        for what, limit, value in measured
        if limit is not None
    ]
