"""Bootstrap confidence intervals of a figure, over pairs or over persons.

Persons are resampled with replacement, and a pair counts as often as both its persons were sampled, since pairs
that share a person are not independent. Sources: Efron and Tibshirani, An Introduction to the Bootstrap (1993), the
percentile interval; Davison and Hinkley, Bootstrap Methods and their Application (1997).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from edgeface.core.confidence import DRAWS, Interval, percentile_interval
from edgeface.tasks.recognition.verification import checked

Names: TypeAlias = Sequence[tuple[str, str]]
"""The persons of each pair."""

Statistic: TypeAlias = Callable[[NDArray[np.float64], NDArray[np.bool_]], float]
"""A figure of scores float64 [n] and same bool [n]."""


def bootstrap(
    statistic: Statistic,
    scores: ArrayLike,
    same: ArrayLike,
    names: Names | None = None,
    draws: int = DRAWS,
    seed: int = 0,
) -> Interval:
    """A figure, and the interval in which 95 % of its resampled values lie.

    Args:
        statistic: the figure.
        scores: [n], higher for more similar faces.
        same: bool [n], whether the pair is of one person.
        names: the persons of each pair; with them persons are resampled, else pairs of each kind.
        draws: number of resamples.
        seed: the same seed gives the same interval.

    Raises:
        InputError: the arrays do not fit, or no resample has both kinds of pairs.
    """
    values, is_same = checked(scores, same)
    resampled = [statistic(values[chosen], is_same[chosen]) for chosen in resamples(is_same, names, draws, seed)]
    return percentile_interval(statistic(values, is_same), resampled)


def bootstrap_difference(
    statistic: Statistic,
    reference: ArrayLike,
    candidate: ArrayLike,
    same: ArrayLike,
    names: Names | None = None,
    draws: int = DRAWS,
) -> Interval:
    """Candidate − reference of a figure, both taken on the same resamples of the same pairs (seed 0).

    Args:
        statistic: the figure.
        reference: [n], scores of the pairs by the reference.
        candidate: [n], scores of the same pairs by the candidate.
        same: bool [n], whether the pair is of one person.
        names: as in `bootstrap`.
        draws: number of resamples.

    Raises:
        InputError: the arrays do not fit, or no resample has both kinds of pairs.
    """
    before, is_same = checked(reference, same)
    after, _ = checked(candidate, same)

    def change(chosen: NDArray[np.intp]) -> float:
        return statistic(after[chosen], is_same[chosen]) - statistic(before[chosen], is_same[chosen])

    resampled = [change(chosen) for chosen in resamples(is_same, names, draws)]
    return percentile_interval(statistic(after, is_same) - statistic(before, is_same), resampled)


def resamples(
    same: NDArray[np.bool_], names: Names | None = None, draws: int = DRAWS, seed: int = 0
) -> Iterator[NDArray[np.intp]]:
    """Indices of the pairs of each resample; resamples without any pair of an existing kind are left out.

    Args:
        same: bool [n], whether the pair is of one person.
        names: the persons of each pair; with them persons are resampled, else pairs of each kind.
        draws: number of resamples.
        seed: seed of the random numbers.
    """
    rng = np.random.default_rng(seed)
    if names is None:
        kinds = [np.flatnonzero(kind) for kind in (same, ~same) if kind.any()]
        for _ in range(draws):
            yield np.concatenate([rng.choice(kind, len(kind)) for kind in kinds])
        return
    people, indices = np.unique(np.array(names, dtype=np.str_).reshape(-1, 2), return_inverse=True)
    first, second = indices.reshape(-1, 2).T
    for _ in range(draws):
        count = np.bincount(rng.integers(0, len(people), len(people)), minlength=len(people))
        often = np.where(first == second, count[first], count[first] * count[second])
        if all(often[kind].any() for kind in (same, ~same) if kind.any()):
            yield np.repeat(np.arange(len(same)), often)
