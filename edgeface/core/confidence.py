"""95 % confidence intervals of shares, rates and means.

Sources: Wilson, Probable inference, the law of succession, and statistical inference (JASA 1927), for shares, and the
same score interval for a Poisson rate; Efron and Tibshirani, An Introduction to the Bootstrap (1993), the percentile
interval, for means.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from edgeface.errors import InputError

CONFIDENCE = 0.95
DRAWS = 1000
_AT_A_TIME = 1 << 15
CAUTION = 3.0
"""Standard errors by which a part of the images must show more than a verdict needs: of 16 images, all would show less
once in 220 cases (Student's t of 15 degrees of freedom)."""
_Z = 1.959963984540054
"""The normal distribution's 97.5 % quantile: each end of an interval is passed with a chance of 2.5 %."""


@dataclass(frozen=True)
class Interval:
    """A figure with its 95 % interval."""

    value: float
    low: float
    high: float

    def as_dict(self) -> dict[str, float]:
        """For JSON."""
        return {"value": self.value, "low": self.low, "high": self.high}

    def scaled(self, factor: float) -> Interval:
        """The interval of the figure times a positive factor."""
        return Interval(self.value * factor, self.low * factor, self.high * factor)


def share_interval(count: int, total: int) -> Interval:
    """The Wilson interval of a share, 0 to 1, e.g. of matched faces; of nothing, every share is possible."""
    if not total:
        return Interval(math.nan, 0.0, 1.0)
    share, z2 = count / total, _Z**2
    middle = share + z2 / (2 * total)
    half = _Z * math.sqrt(share * (1 - share) / total + z2 / (4 * total**2))
    low, high = ((middle + sign * half) / (1 + z2 / total) for sign in (-1, 1))
    # At the ends rounding would leave a trace of the algebra.
    return Interval(share, 0.0 if not count else low, 1.0 if count == total else high)


def rate_interval(count: int, total: int) -> Interval:
    """The score interval of a Poisson rate, which may exceed 1, e.g. of extra faces by reference faces."""
    if not total:
        return Interval(math.nan, 0.0, math.inf)
    rate, z2 = count / total, _Z**2
    middle, half = rate + z2 / (2 * total), _Z * math.sqrt(rate / total + z2 / (4 * total**2))
    return Interval(rate, 0.0 if not count else middle - half, middle + half)


def mean_interval(values: Sequence[float]) -> Interval:
    """The bootstrap interval of a mean; 1 000 resamples with seed 0, so that equal values give equal intervals."""
    if not len(values):
        return Interval(math.nan, -math.inf, math.inf)
    array = np.asarray(values, np.float64)
    rng = np.random.default_rng(0)
    return percentile_interval(float(array.mean()), np.concatenate([each.mean(axis=1) for each in _drawn(array, rng)]))


def _drawn(array: NDArray[np.float64], rng: np.random.Generator) -> Iterator[NDArray[np.float64]]:
    """All resamples of an array, float64 [some, values], so many at a time that they stay in the processor's cache.

    The generator gives the same numbers however many are drawn at a time.
    """
    step = max(1, _AT_A_TIME // len(array))
    for start in range(0, DRAWS, step):
        yield array[rng.integers(0, len(array), (min(step, DRAWS - start), len(array)))]


def excess_interval(values: Sequence[float], others: Sequence[float], factor: float) -> Interval:
    """The bootstrap interval of mean(values) − factor · mean(others); resampled apart. No others count as 0."""
    if not len(values):
        return Interval(math.nan, -math.inf, math.inf)
    array, other = np.asarray(values, np.float64), np.asarray([*others] or [0.0], np.float64)
    rng = np.random.default_rng(0)
    drawn = [
        float(array[rng.integers(0, len(array), len(array))].mean())
        - factor * float(other[rng.integers(0, len(other), len(other))].mean())
        for _ in range(DRAWS)
    ]
    return percentile_interval(float(array.mean()) - factor * float(other.mean()), drawn)


def low_end(groups: Sequence[Sequence[float]], cases: int) -> float:
    """The least that the mean of all values may be, of which some are known, in groups, e.g. of faces by image.

    `CAUTION` standard errors of a ratio of totals below their mean, at least 0: groups are drawn, not values, since the
    faces of an image resemble each other, and the fewer are left the less they can move the mean (Cochran, Sampling
    Techniques, 1977, 2.11). Fewer than two groups show nothing.

    Args:
        groups: the known values.
        cases: how many values there are, about.
    """
    sums, counts = np.array([sum(group) for group in groups]), np.array([len(group) for group in groups], np.float64)
    total, many = counts.sum(), len(groups)
    if many < 2 or not total:
        return 0.0
    mean, left = sums.sum() / total, max(0.0, 1 - total / max(cases, 1))
    error = math.sqrt(left * many / (many - 1) * float(((sums - mean * counts) ** 2).sum())) / total
    return max(0.0, float(mean - CAUTION * error))


def percentile_interval(value: float, resampled: ArrayLike) -> Interval:
    """The interval that holds 95 % of the resampled values, from percentile 2.5 to 97.5.

    Raises:
        InputError: there are no values.
    """
    values = np.asarray(resampled, np.float64)
    if not values.size:
        raise InputError("there are too few pairs or persons to resample", fix="use more pairs")
    tail = (1 - CONFIDENCE) / 2 * 100
    low, high = np.percentile(values, [tail, 100 - tail])
    return Interval(value, float(low), float(high))


def total_for_share(share: float, limit: float) -> float:
    """How many cases show that a share is on its side of a limit, if it stays as it is; infinite at the limit.

    Wilson's interval excludes a limit p where (share − p)² > z² · p · (1 − p) / n.
    """
    return math.inf if share == limit else _Z**2 * limit * (1 - limit) / (share - limit) ** 2


def total_for_rate(rate: float, limit: float) -> float:
    """The same for a Poisson rate: (rate − r)² > z² · r / n."""
    return math.inf if rate == limit else _Z**2 * limit / (rate - limit) ** 2
