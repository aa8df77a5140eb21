"""Average precision with its 95 % interval, which comes from resampling the images."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeface.core.confidence import DRAWS, Interval, percentile_interval
from edgeface.tasks.detection.average_precision import PrecisionCurve, whole_area

_FEW_IMAGES, _DRAWN_TOGETHER = 4_096, 1 << 20
"""All resamples of few images are drawn at once, of more images so many numbers."""


@dataclass(frozen=True)
class Precision:
    """Average precision, 0 to 1, by name of the labels that count; `labeled` says how many those are."""

    values: Mapping[str, Interval]
    labeled: Mapping[str, int]

    def figures(self) -> dict[str, float]:
        """The figures alone; NaN where nothing is labeled."""
        return {name: found.value for name, found in self.values.items()}

    def as_dict(self) -> dict[str, Any]:
        """The figures alone, for JSON; null where nothing is labeled."""
        return {name: _rounded(found.value) for name, found in self.values.items()}

    def intervals(self) -> dict[str, Any]:
        """The intervals, for JSON."""
        return intervals(self.values)


def precision(curves: Mapping[str, PrecisionCurve]) -> Precision:
    """The average precision of each curve."""
    return Precision(
        {name: _interval(whole_area(curve), _resampled(curve)) for name, curve in curves.items()},
        {name: curve.labeled for name, curve in curves.items()},
    )


def precision_changes(
    reference: Mapping[str, PrecisionCurve], candidate: Mapping[str, PrecisionCurve]
) -> dict[str, Interval]:
    """Candidate − reference of each figure, both taken on the same resamples of the images."""
    found = {}
    for name, curve in candidate.items():
        before = reference[name]
        change = whole_area(curve) - whole_area(before)
        found[name] = _interval(change, _resampled(curve) - _resampled(before))
    return found


def intervals(values: Mapping[str, Interval]) -> dict[str, Any]:
    """The ends of intervals, for JSON; null where there is none."""
    return {name: [_rounded(found.low), _rounded(found.high)] for name, found in values.items()}


def _interval(value: float, resampled: NDArray[np.float64]) -> Interval:
    known = resampled[np.isfinite(resampled)]
    return percentile_interval(value, known) if known.size and math.isfinite(value) else Interval(*[math.nan] * 3)


def _resampled(curve: PrecisionCurve) -> NDArray[np.float64]:
    """The average precision of each of 1 000 resamples of the images (seed 0), the same for curves of the same images.

    How often each resample holds each image is drawn for some resamples at a time, so that it fits into memory.
    """
    rng, shares = np.random.default_rng(0), np.full(curve.images, 1 / curve.images)
    together = DRAWS if curve.images <= _FEW_IMAGES else max(1, _DRAWN_TOGETHER // curve.images)
    return np.concatenate(
        [
            curve.areas(
                rng.multinomial(curve.images, shares, size=min(together, DRAWS - start)).astype(np.int64, copy=False)
            )
            for start in range(0, DRAWS, together)
        ]
    )


def _rounded(value: float) -> float | None:
    return round(value, 5) if math.isfinite(value) else None
