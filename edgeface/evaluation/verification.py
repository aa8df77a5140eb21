"""Verification of pairs of images by a recognizer, with confidence intervals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeface.core.confidence import Interval
from edgeface.tasks.recognition.accept_rates import TarAtFar, tar_at_far
from edgeface.tasks.recognition.bootstrap import Names, Statistic, bootstrap
from edgeface.tasks.recognition.pairs import Pairs
from edgeface.tasks.recognition.verification import BestThreshold, FoldAccuracy, best_threshold, fold_accuracy

NO_FACE_SCORE = -1.0
"""Score of a pair with an image that shows no face: it never counts as the same person."""


@dataclass(frozen=True)
class Verification:
    """Verification figures of one recognizer, or of two matched with each other.

    Attributes:
        label: the artifact, or the two that are matched with each other.
        genuine: pairs of one person.
        scores: float64 [n], the cosine of each pair; −1 where an image shows no face.
        tar: at the requested rate, with its intervals "pairs" and, where the file names persons, "persons".
        tar_intervals: by the resampled unit.
        best: the threshold of highest accuracy on all pairs, which is therefore slightly optimistic.
        accuracy: by folds; None where there are too few pairs for two.
        accuracy_intervals: by the resampled unit; empty without `accuracy`.
    """

    label: str
    genuine: int
    scores: NDArray[np.float64]
    tar: TarAtFar
    tar_intervals: Mapping[str, Interval]
    best: BestThreshold
    accuracy: FoldAccuracy | None = None
    accuracy_intervals: Mapping[str, Interval] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        folds = self.accuracy
        return {
            "label": self.label,
            "pairs": {"same": self.genuine, "different": len(self.scores) - self.genuine},
            "tar_at_far": {
                "far": self.tar.far,
                "tar": self.tar.tar,
                "threshold": self.tar.threshold,
                "impostors": self.tar.impostors,
                "accepted_impostors": self.tar.accepted,
                "caution": self.tar.caution,
                "intervals": _intervals(self.tar_intervals),
            },
            "best_threshold": {"threshold": self.best.threshold, "accuracy": self.best.accuracy},
            "fold_accuracy": None
            if folds is None
            else {
                "mean": folds.mean,
                "std": folds.std,
                "thresholds": list(folds.thresholds),
                "intervals": _intervals(self.accuracy_intervals),
            },
        }


def pair_scores(first: Iterable[NDArray[np.float32]], second: Iterable[NDArray[np.float32]]) -> NDArray[np.float64]:
    """Cosines of pairs of embeddings of unit length.

    Args:
        first: for each pair [1,width], or [0,width] where there is no face.
        second: the same of the other image.

    Returns:
        float64 [n], −1 where there is no face.
    """
    scores = [
        float(np.clip(np.vdot(a.astype(np.float64), b.astype(np.float64)), -1, 1))
        if len(a) and len(b)
        else NO_FACE_SCORE
        for a, b in zip(first, second, strict=True)
    ]
    return np.array(scores, np.float64)


def verify(label: str, scores: NDArray[np.float64], pairs: Pairs, far: float) -> Verification:
    """The verification figures of one set of scores.

    Args:
        label: names the recognizers that are matched.
        scores: float64 [n], of the pairs in order.
        pairs: the pairs.
        far: false accept rate, above 0 and below 1.

    Raises:
        InputError: a kind of pair is missing, or `far` is not a rate.
    """
    same, names = pairs.same, pairs.names
    tar = tar_at_far(scores, same, far)
    folds = _by_folds(scores, pairs)
    return Verification(
        label,
        int(same.sum()),
        scores,
        tar,
        _each_way(tar_statistic(far), scores, same, names),
        best_threshold(scores, same),
        folds,
        {} if folds is None else _each_way(mean_statistic, folds.correct, same, names),
    )


def _by_folds(scores: NDArray[np.float64], pairs: Pairs) -> FoldAccuracy | None:
    return fold_accuracy(scores, pairs.same, pairs.folds) if len(np.unique(pairs.folds)) > 1 else None


def _each_way(
    statistic: Statistic, values: NDArray[Any], same: NDArray[np.bool_], names: Names | None
) -> dict[str, Interval]:
    ways = {"pairs": bootstrap(statistic, values, same)}
    if names is not None:
        ways["persons"] = bootstrap(statistic, values, same, names)
    return ways


def tar_statistic(far: float) -> Statistic:
    """A statistic of scores: the TAR at a false accept rate."""
    return lambda scores, same: tar_at_far(scores, same, far).tar


def mean_statistic(values: NDArray[np.float64], _same: NDArray[np.bool_]) -> float:
    """The mean of the values, e.g. the accuracy where values say which pairs are classified correctly."""
    return float(values.mean())


def _intervals(items: Mapping[str, Interval]) -> dict[str, list[float]]:
    return {name: [item.low, item.high] for name, item in items.items()}
