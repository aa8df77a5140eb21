"""Change of verification from a reference to a candidate on the same pairs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from edgeface.core.confidence import Interval
from edgeface.evaluation.verification import Verification, mean_statistic, tar_statistic
from edgeface.tasks.recognition.bootstrap import bootstrap_difference
from edgeface.tasks.recognition.pairs import Pairs
from edgeface.tasks.recognition.threshold_shift import ThresholdShift, shift_at_best_accuracy, shift_at_far


@dataclass(frozen=True)
class Change:
    """Change from a reference to a candidate on the same pairs, with 95 % intervals over the same resamples.

    Attributes:
        reference: label of the reference.
        candidate: label of the candidate.
        drawn: "persons" or "pairs", the resampled units of the intervals.
        tar: change of the TAR at equal FAR, each at its own threshold.
        accuracy: change of the accuracy by folds, or None.
        at_far: thresholds at equal FAR; the candidate's is the one to use.
        at_best: thresholds of highest accuracy.
    """

    reference: str
    candidate: str
    drawn: str
    tar: Interval
    accuracy: Interval | None
    at_far: ThresholdShift
    at_best: ThresholdShift

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "reference": self.reference,
            "candidate": self.candidate,
            "drawn": self.drawn,
            "tar": self.tar.as_dict(),
            "accuracy": None if self.accuracy is None else self.accuracy.as_dict(),
            "threshold_to_use": self.at_far.candidate,
            "threshold_shift": {"at_far": _shift(self.at_far), "at_best_accuracy": _shift(self.at_best)},
        }


def compare(reference: Verification, candidate: Verification, pairs: Pairs) -> Change:
    """The change from the reference to the candidate, on the same pairs and at the same FAR.

    Raises:
        InputError: there are too few pairs or persons to resample.
    """
    same, names, far = pairs.same, pairs.names, candidate.tar.far
    accuracy = None
    if reference.accuracy is not None and candidate.accuracy is not None:
        accuracy = bootstrap_difference(
            mean_statistic, reference.accuracy.correct, candidate.accuracy.correct, same, names
        )
    return Change(
        reference.label,
        candidate.label,
        "pairs" if names is None else "persons",
        tar_change(reference, candidate, pairs, far),
        accuracy,
        shift_at_far(reference.scores, candidate.scores, same, far),
        shift_at_best_accuracy(reference.scores, candidate.scores, same),
    )


def tar_change(reference: Verification, candidate: Verification, pairs: Pairs, far: float) -> Interval:
    """The change of the TAR at a FAR, each at its own threshold.

    Raises:
        InputError: there are too few pairs or persons to resample.
    """
    return bootstrap_difference(tar_statistic(far), reference.scores, candidate.scores, pairs.same, pairs.names)


def _shift(item: ThresholdShift) -> dict[str, float]:
    return {
        "reference": item.reference,
        "candidate": item.candidate,
        "shift": item.shift,
        "candidate_tar_at_reference_threshold": item.kept_tar,
        "candidate_far_at_reference_threshold": item.kept_far,
    }
