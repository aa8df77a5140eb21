"""How far the threshold moves from one artifact to another, and what keeping the old one costs."""

from __future__ import annotations

from dataclasses import dataclass

from numpy.typing import ArrayLike

from edgeface.tasks.recognition.accept_rates import accept_rates, tar_at_far
from edgeface.tasks.recognition.verification import best_threshold


@dataclass(frozen=True)
class ThresholdShift:
    """Thresholds of a reference and of a candidate on the same pairs.

    Attributes:
        reference: the reference's threshold.
        candidate: the candidate's threshold, which is the one to use with it.
        kept_tar: true accept rate of the candidate where the reference's threshold is kept.
        kept_far: false accept rate of the candidate where the reference's threshold is kept.
    """

    reference: float
    candidate: float
    kept_tar: float
    kept_far: float

    @property
    def shift(self) -> float:
        """Candidate − reference."""
        return self.candidate - self.reference


def shift_at_far(reference: ArrayLike, candidate: ArrayLike, same: ArrayLike, far: float) -> ThresholdShift:
    """How far the threshold moves at an equal rate of false accepts.

    Args:
        reference: [n], scores of the pairs by the reference.
        candidate: [n], scores of the same pairs by the candidate.
        same: bool [n], whether the pair is of one person.
        far: false accept rate, above 0 and below 1.

    Raises:
        InputError: as `tar_at_far`.
    """
    before, after = (tar_at_far(scores, same, far).threshold for scores in (reference, candidate))
    return ThresholdShift(before, after, *accept_rates(candidate, same, before))


def shift_at_best_accuracy(reference: ArrayLike, candidate: ArrayLike, same: ArrayLike) -> ThresholdShift:
    """How far the threshold of highest accuracy moves.

    Args:
        reference: [n], scores of the pairs by the reference.
        candidate: [n], scores of the same pairs by the candidate.
        same: bool [n], whether the pair is of one person.

    Raises:
        InputError: as `best_threshold`.
    """
    before, after = (best_threshold(scores, same).threshold for scores in (reference, candidate))
    return ThresholdShift(before, after, *accept_rates(candidate, same, before))
