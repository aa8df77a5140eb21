"""How far apart two networks' outputs are on the same images, as numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, reduce
from operator import add
from typing import Any

import numpy as np

from edgeface.core.confidence import Interval, low_end, mean_interval
from edgeface.graph.types import Array

BROKEN_ERROR = 0.5
_TINY = 1e-12
_FAR = 1e9
"""The error of numbers that are not finite, and the largest of any."""


@dataclass(frozen=True)
class OutputAgreement:
    """One output over any number of images; add two to merge them.

    Attributes:
        errors: root mean square difference of its numbers, of each image.
        levels: root mean square of the reference's numbers, of each image.
        cosines: between the reference's and the candidate's numbers, of each image.
        max_abs: largest difference of any number.
        low: smallest of the reference's numbers.
        high: largest of them.
    """

    errors: tuple[float, ...] = ()
    levels: tuple[float, ...] = ()
    cosines: tuple[float, ...] = ()
    max_abs: float = 0.0
    low: float = math.inf
    high: float = -math.inf

    def __add__(self, other: OutputAgreement) -> OutputAgreement:
        """The agreement over both sets of images."""
        return OutputAgreement(
            self.errors + other.errors,
            self.levels + other.levels,
            self.cosines + other.cosines,
            max(self.max_abs, other.max_abs),
            min(self.low, other.low),
            max(self.high, other.high),
        )

    @property
    def are_shares(self) -> bool:
        """Whether the reference's numbers are all from 0 to 1, as probabilities are."""
        return self.low >= 0 and self.high <= 1

    @property
    def scale(self) -> float:
        """What errors are compared with: 1 for numbers from 0 to 1, else the root mean square of all numbers."""
        if self.are_shares or not self.levels:
            return 1.0
        return max(math.sqrt(sum(level**2 for level in self.levels) / len(self.levels)), _TINY)

    @cached_property
    def relative_errors(self) -> list[float]:
        """The errors by the scale."""
        return [min(error / self.scale, _FAR) for error in self.errors]

    @cached_property
    def mean_error(self) -> Interval:
        """Mean of the relative errors over the images; NaN where there are none."""
        return mean_interval(self.relative_errors)

    def as_dict(self) -> dict[str, Any]:
        """For JSON and the certificate."""
        mean = self.mean_error
        finite = math.isfinite(mean.value)
        return {
            "mean_error": round(mean.value, 6) if finite else None,
            "mean_error_interval": [round(mean.low, 6), round(mean.high, 6)] if finite else None,
            "by": "as they are, 0 to 1" if self.are_shares else f"their root mean square, {self.scale:.4g}",
            "max_abs": round(self.max_abs, 6) if math.isfinite(self.max_abs) else None,
            "min_cosine": round(min(self.cosines, default=math.nan), 6) if self.cosines else None,
        }


@dataclass(frozen=True)
class NumbersAgreement:
    """Every output by name over any number of images; add two to merge them."""

    outputs: Mapping[str, OutputAgreement] = field(default_factory=dict)

    def __add__(self, other: NumbersAgreement) -> NumbersAgreement:
        """The agreement over both sets of images."""
        names = dict.fromkeys((*self.outputs, *other.outputs))
        nothing = OutputAgreement()
        return NumbersAgreement(
            {name: self.outputs.get(name, nothing) + other.outputs.get(name, nothing) for name in names}
        )

    @classmethod
    def least(cls, parts: Sequence[NumbersAgreement], cases: int) -> NumbersAgreement:
        """As many errors as there are cases, each the least that their mean may be."""
        found = reduce(add, parts)
        errors = {name: [part.outputs[name].errors for part in parts if name in part.outputs] for name in found.outputs}
        low = {name: (low_end(groups, cases),) * cases for name, groups in errors.items()}
        return cls({name: replace(each, errors=low[name]) for name, each in found.outputs.items()})

    @property
    def cases(self) -> int:
        """Images compared."""
        return max((len(found.errors) for found in self.outputs.values()), default=0)

    @property
    def flips(self) -> None:
        """None: numbers decide nothing by themselves."""
        return

    @property
    def worst_error(self) -> float:
        """Mean error of the worst output, at least 0; 0 where there are no images."""
        means = [sum(found.relative_errors) / len(found.errors) for found in self.outputs.values() if found.errors]
        return max(means, default=0.0)

    @property
    def drift(self) -> float:
        """The worst output's mean error."""
        return self.worst_error

    @property
    def broken(self) -> bool:
        """Whether an output's errors are as large as half of its numbers."""
        return not self.worst_error < BROKEN_ERROR

    @property
    def severity(self) -> tuple[float, ...]:
        """The worst output's mean error: the larger, the worse."""
        return (self.worst_error,)

    def as_dict(self) -> dict[str, Any]:
        """For JSON and the certificate."""
        return {
            "images": self.cases,
            "outputs": {name: found.as_dict() for name, found in self.outputs.items()},
            "drift": round(self.drift, 6) if math.isfinite(self.drift) else None,
        }


def compare_numbers(reference: Mapping[str, Array], candidate: Mapping[str, Array]) -> NumbersAgreement:
    """Agreement on one image; a number that is not finite is as far as any.

    Args:
        reference: outputs by name.
        candidate: the same outputs.
    """
    return NumbersAgreement({name: _compared(array, candidate[name]) for name, array in reference.items()})


def _compared(reference: Array, candidate: Array) -> OutputAgreement:
    a, b = reference.astype(np.float64).ravel(), candidate.astype(np.float64).ravel()
    level = float(np.sqrt(np.mean(a * a))) if a.size else 0.0
    low, high = (float(a.min()), float(a.max())) if a.size else (0.0, 0.0)
    if a.shape != b.shape or not np.isfinite(b).all():
        return OutputAgreement((_FAR,), (level,), (-1.0,), math.inf, low, high)
    apart = np.abs(a - b)
    norm = float(np.linalg.norm(a) * np.linalg.norm(b))
    cosine = float(a @ b) / norm if norm > 0 else float(not apart.any())
    error = float(np.sqrt(np.mean(apart * apart))) if a.size else 0.0
    return OutputAgreement((error,), (level,), (cosine,), float(apart.max(initial=0.0)), low, high)
