"""Verification accuracy by LFW's protocols: are two faces the same person's?

A pair is accepted as the same person where its score is at least the threshold. Source: Huang et al., Labeled Faces
in the Wild (UMass technical report 07-49, 2007), which defines View 1 and View 2.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from edgeface.errors import InputError

FOLDS = 10


@dataclass(frozen=True)
class BestThreshold:
    """The threshold that classifies most pairs correctly, and the share that it classifies correctly (0 to 1)."""

    threshold: float
    accuracy: float


@dataclass(frozen=True)
class FoldAccuracy:
    """Accuracy of each fold at the threshold that is best on all others.

    Attributes:
        mean: over the folds, 0 to 1.
        std: standard deviation over the folds (of the population, as public figures are given).
        thresholds: the threshold used on each fold.
        correct: bool [n], whether each pair is classified correctly.
    """

    mean: float
    std: float
    thresholds: tuple[float, ...]
    correct: NDArray[np.bool_]


def best_threshold(scores: ArrayLike, same: ArrayLike) -> BestThreshold:
    """The threshold of highest accuracy, midway between two adjacent scores; of several the middle one.

    Args:
        scores: [n], higher for more similar faces.
        same: bool [n], whether the pair is of one person.

    Raises:
        InputError: there are no pairs, or the arrays do not fit.
    """
    values, is_same = checked(scores, same)
    order = np.argsort(values, kind="stable")
    values, is_same = values[order], is_same[order]
    # A cut below item k accepts items k… as the same person; k = n accepts none.
    rejected_correctly = np.concatenate([[0], np.cumsum(~is_same)])
    accepted_correctly = is_same.sum() - np.concatenate([[0], np.cumsum(is_same)])
    right = rejected_correctly + accepted_correctly
    cuts = np.flatnonzero(np.concatenate([[True], values[1:] > values[:-1], [True]]))
    best = cuts[right[cuts] == right[cuts].max()]
    return BestThreshold(_cut(values, int(best[(len(best) - 1) // 2])), float(right[best[0]] / len(values)))


def fold_accuracy(scores: ArrayLike, same: ArrayLike, folds: ArrayLike) -> FoldAccuracy:
    """Accuracy by LFW's View 2: each fold is evaluated at the threshold that is best on the others.

    Args:
        scores: [n], higher for more similar faces.
        same: bool [n], whether the pair is of one person.
        folds: int [n], the fold of each pair, in any order; at least two different ones.

    Raises:
        InputError: there are no pairs, the arrays do not fit, or all pairs are in one fold.
    """
    values, is_same = checked(scores, same)
    numbers = np.asarray(folds)
    if numbers.shape != values.shape or len(np.unique(numbers)) < 2:
        raise InputError("accuracy by folds needs a fold for each pair, and two folds or more")
    correct = np.zeros(len(values), bool)
    thresholds, accuracies = [], []
    for fold in np.unique(numbers):
        inside = numbers == fold
        threshold = best_threshold(values[~inside], is_same[~inside]).threshold
        correct[inside] = (values[inside] >= threshold) == is_same[inside]
        thresholds.append(threshold)
        accuracies.append(correct[inside].mean())
    return FoldAccuracy(float(np.mean(accuracies)), float(np.std(accuracies)), tuple(thresholds), correct)


def unshuffled_folds(same: ArrayLike, count: int = FOLDS) -> NDArray[np.int64]:
    """Folds for pairs that have none: consecutive pairs of each kind, so that every fold holds both kinds.

    Args:
        same: bool [n], whether the pair is of one person.
        count: folds; fewer are made where a kind has fewer pairs.

    Returns:
        int64 [n], from 0; all 0 where a kind has fewer than two pairs.
    """
    is_same = np.asarray(same, bool)
    smaller = int(min(is_same.sum(), (~is_same).sum()))
    used = min(count, smaller) if smaller > 1 else 1
    folds = np.zeros(len(is_same), np.int64)
    for kind in (is_same, ~is_same):
        folds[kind] = np.arange(kind.sum()) * used // max(int(kind.sum()), 1)
    return folds


def checked(scores: ArrayLike, same: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Both as arrays.

    Raises:
        InputError: there are no pairs, scores are not finite, or the lengths differ.
    """
    values, is_same = np.asarray(scores, np.float64), np.asarray(same, bool)
    if values.ndim != 1 or values.shape != is_same.shape or not len(values):
        raise InputError(f"{list(values.shape)} scores do not fit {list(is_same.shape)} pairs")
    if not np.isfinite(values).all():
        raise InputError("scores are not finite numbers")
    return values, is_same


def _cut(values: NDArray[np.float64], index: int) -> float:
    """A threshold between values[index − 1] and values[index] of sorted values."""
    if index == 0:
        return float(values[0])
    if index == len(values):
        return float(np.nextafter(values[-1], np.inf))
    low, high = float(values[index - 1]), float(values[index])
    middle = low + (high - low) / 2
    return middle if middle > low else high
