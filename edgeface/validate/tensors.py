"""Agreement of two tensors over any number of runs."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from edgeface.graph.types import Array

SILENT_DB = 200.0
"""Reported where the tensors are identical."""


@dataclass(frozen=True)
class TensorAgreement:
    """Sums over runs: power of the reference, of the candidate, of the difference, and their product; float64.

    `max_abs` is the largest absolute difference of any element in any run, `peak` the reference's largest magnitude.
    """

    signal: float = 0.0
    candidate: float = 0.0
    noise: float = 0.0
    product: float = 0.0
    max_abs: float = 0.0
    peak: float = 0.0

    def __add__(self, other: TensorAgreement) -> TensorAgreement:
        """The agreement over both sets of runs."""
        return TensorAgreement(
            self.signal + other.signal,
            self.candidate + other.candidate,
            self.noise + other.noise,
            self.product + other.product,
            max(self.max_abs, other.max_abs),
            max(self.peak, other.peak),
        )

    @property
    def snr_db(self) -> float:
        """Signal-to-noise ratio in dB, at most 200; −∞ where a number was not finite."""
        if self.noise == 0:
            return SILENT_DB
        if math.isinf(self.noise):
            return -math.inf
        return min(SILENT_DB, 10 * math.log10(max(self.signal, 1e-30) / self.noise))

    @property
    def cosine(self) -> float:
        """Cosine of the angle between all of the reference and all of the candidate."""
        norm = math.sqrt(self.signal * self.candidate)
        return self.product / norm if norm > 0 else float(self.signal == self.candidate)

    def as_dict(self) -> dict[str, Any]:
        """For JSON, which has no infinity: null where a number was not finite."""
        found = {"snr_db": round(self.snr_db, 2), "max_abs": self.max_abs, "cosine": round(self.cosine, 8)}
        return {name: number if math.isfinite(number) else None for name, number in found.items()}


def compare_tensors(reference: Array, candidate: Array) -> TensorAgreement:
    """Agreement of one run; NaN in the candidate counts as infinite noise.

    Args:
        reference: any float or integer dtype.
        candidate: the same shape.
    """
    a, b = reference.astype(np.float64).ravel(), candidate.astype(np.float64).ravel()
    with np.errstate(invalid="ignore"):  # infinity minus infinity
        difference = a - b
    if not np.isfinite(difference).all():
        return TensorAgreement(float(a @ a), math.inf, math.inf, 0.0, math.inf)
    return TensorAgreement(
        float(a @ a),
        float(b @ b),
        float(difference @ difference),
        float(a @ b),
        float(np.abs(difference).max()),
        float(np.abs(a).max()),
    )
