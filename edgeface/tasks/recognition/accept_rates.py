"""True accept rate at a given false accept rate.

A pair is accepted where its score is at least the threshold. Source: ISO/IEC 19795-1, biometric performance testing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from edgeface.errors import InputError
from edgeface.tasks.recognition.verification import checked

WELL_COUNTED = 10
"""With fewer false accepts than this, the threshold depends on chance."""


@dataclass(frozen=True)
class TarAtFar:
    """The share of same-person pairs accepted at a rate of falsely accepted ones.

    Attributes:
        tar: true accept rate, 0 to 1.
        threshold: the lowest that accepts at most `far` of the impostor pairs.
        far: the requested false accept rate.
        impostors: pairs of different persons.
        accepted: how many of them the threshold accepts.
    """

    tar: float
    threshold: float
    far: float
    impostors: int
    accepted: int

    @property
    def caution(self) -> str | None:
        """Why the figure does not measure this rate, or None where it does."""
        expected = self.far * self.impostors
        if expected >= WELL_COUNTED:
            return None
        if expected < 1:
            return (
                f"{self.impostors} pairs of different persons are too few for FAR {self.far:g}: the threshold lies "
                f"just above the highest of them; use at least {WELL_COUNTED / self.far:.0f}, or a higher FAR"
            )
        return (
            f"FAR {self.far:g} is only {expected:.0f} of {self.impostors} pairs of different persons: the threshold "
            f"depends on single pairs; {WELL_COUNTED / self.far:.0f} pairs would be {WELL_COUNTED}"
        )


def tar_at_far(scores: ArrayLike, same: ArrayLike, far: float) -> TarAtFar:
    """The true accept rate at the lowest threshold that accepts at most `far` of the impostor pairs.

    Where `far` is less than one impostor pair the threshold lies just above all of them, and `caution` says so.

    Args:
        scores: [n], higher for more similar faces.
        same: bool [n], whether the pair is of one person.
        far: false accept rate, above 0 and below 1.

    Raises:
        InputError: the arrays do not fit, a kind of pair is missing, or `far` is not a rate.
    """
    values, is_same = checked(scores, same)
    if not 0 < far < 1:
        raise InputError(f"{far:g} is not a false accept rate", fix="use a number between 0 and 1, e.g. 1e-3")
    genuine, impostors = values[is_same], np.sort(values[~is_same])[::-1]
    if not len(genuine) or not len(impostors):
        raise InputError("a rate needs pairs of the same person and pairs of different persons")
    allowed = int(far * len(impostors) + 1e-9)  # 0.001 × 3000 is 3, whatever binary fractions make of it
    threshold = float(np.nextafter(impostors[allowed], np.inf))
    accepted = int((impostors >= threshold).sum())
    return TarAtFar(float((genuine >= threshold).mean()), threshold, far, len(impostors), accepted)


def accept_rates(scores: ArrayLike, same: ArrayLike, threshold: float) -> tuple[float, float]:
    """True and false accept rate at a threshold; NaN for a kind of which there is no pair."""
    values, is_same = checked(scores, same)
    true, false = values[is_same] >= threshold, values[~is_same] >= threshold
    return (float(true.mean()) if len(true) else np.nan, float(false.mean()) if len(false) else np.nan)
