"""Change of verification caused by a build: float reference and artifact on the same pairs."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeface.contracts import RecognitionContract
from edgeface.core.bound import loss, points_lost
from edgeface.core.confidence import Interval
from edgeface.core.requirement import Requirement
from edgeface.core.thresholds import Thresholds
from edgeface.evaluation.change import Change, compare, tar_change
from edgeface.evaluation.verification import Verification, pair_scores, verify
from edgeface.tasks.recognition.accept_rates import WELL_COUNTED
from edgeface.tasks.recognition.embedding import embed_faces
from edgeface.tasks.recognition.pairs import Pairs
from edgeface.validate.reference import Network, Reference

FAR = 1e-3
JUDGED_FARS = (FAR, 2e-3, 5e-3, 1e-2, 2e-2, 5e-2, 1e-1)
"""A lost true accept rate is judged at the lowest of these false accept rates that the pairs can count."""


@dataclass(frozen=True)
class LabeledFaces:
    """Pairs, and the aligned face uint8 [h,w,3] in BGR of each image in them; None where it shows no face."""

    pairs: Pairs
    faces: Mapping[str, NDArray[np.uint8] | None]


@dataclass(frozen=True)
class IdentityChange:
    """Verification by the float reference and by the artifact, and what changed.

    `threshold` is the cosine to use with the artifact: the one at the reference's false accept rate, if there are
    enough pairs for that rate, else the one of highest accuracy; `basis` says which. `tar` is the change of the true
    accept rate at the false accept rate `far`; both None where the pairs can count none of `JUDGED_FARS`.
    """

    reference: Verification
    candidate: Verification
    change: Change
    far: float | None = None
    tar: Interval | None = None

    @property
    def basis(self) -> str:
        """The criterion that chose the threshold."""
        return "best accuracy" if self.candidate.tar.caution else f"FAR {self.candidate.tar.far:g}"

    @property
    def threshold(self) -> float:
        """The cosine to use."""
        shift = self.change.at_best if self.candidate.tar.caution else self.change.at_far
        return shift.candidate

    def as_dict(self) -> dict[str, Any]:
        """For JSON and the certificate."""
        return {
            "reference": self.reference.as_dict(),
            "candidate": self.candidate.as_dict(),
            "change": self.change.as_dict(),
            "threshold_basis": self.basis,
            "tar_judged": None if self.tar is None else {"far": self.far, "change": self.tar.as_dict()},
        }

    def entries(self) -> dict[str, Any]:
        """Entries of the certificate's `decisions`, with the threshold that commands then use."""
        return {"verification": self.as_dict(), "threshold": self.threshold}

    def requirements(self, limits: Thresholds) -> list[Requirement]:
        """The limits on lost accuracy and on lost true accepts, where the pairs can show them."""
        least, pairs = limits.evidence.genuine_pairs, (self.candidate.genuine, "pairs of one person")
        accuracy, tar = (None if found is None else loss(found, *pairs) for found in (self.change.accuracy, self.tar))
        return [
            *points_lost("accuracy lost in verification", limits.accuracy_drop_points, least, accuracy),
            *points_lost(f"TAR lost at FAR {self.far or 0:g}", limits.tar_drop_points, least, tar),
        ]


def judged_far(pairs: Pairs) -> float | None:
    """The lowest of `JUDGED_FARS` that pairs of different persons can count; None where they are too few for any."""
    impostors = len(pairs.pairs) - int(pairs.same.sum())
    return next((far for far in JUDGED_FARS if far * impostors >= WELL_COUNTED), None)


@dataclass(frozen=True)
class IdentityMeasure:
    """Measurement of recognizers' verification of labeled pairs."""

    labeled: LabeledFaces
    contract: RecognitionContract

    def of(self, reference: Reference, candidates: Sequence[Network]) -> list[IdentityChange]:
        """The change for each candidate, verified on the pairs; candidates run concurrently.

        Raises:
            InputError: there are too few pairs.
        """
        first = self._verified(reference.run, "float32")
        with ThreadPoolExecutor(max(1, min(len(candidates), len(os.sched_getaffinity(0))))) as pool:
            verified = list(pool.map(lambda run: self._verified(run, "artifact"), candidates))
        return [self._change(first, each) for each in verified]

    def _change(self, reference: Verification, candidate: Verification) -> IdentityChange:
        pairs = self.labeled.pairs
        change, far = compare(reference, candidate, pairs), judged_far(pairs)
        tar = change.tar if far in (None, candidate.tar.far) else tar_change(reference, candidate, pairs, far)
        return IdentityChange(reference, candidate, change, far, None if far is None else tar)

    def _verified(self, run: Network, label: str) -> Verification:
        nobody = np.zeros((0, self.contract.width), np.float32)
        embedded = {
            name: nobody if face is None else embed_faces(run, self.contract, [face])
            for name, face in self.labeled.faces.items()
        }
        pairs = self.labeled.pairs
        scores = pair_scores([embedded[p.first] for p in pairs.pairs], [embedded[p.second] for p in pairs.pairs])
        return verify(label, scores, pairs, FAR)
