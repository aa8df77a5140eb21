"""Change of verification caused by a build: float reference and artifact on the same pairs."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from edgeface.contracts import RecognitionContract
from edgeface.core.bound import loss, points_lost
from edgeface.core.confidence import Interval
from edgeface.core.relative import Relative
from edgeface.core.requirement import Requirement
from edgeface.core.thresholds import Thresholds
from edgeface.evaluation.change import Change, compare, tar_change
from edgeface.evaluation.verification import Verification, pair_scores, verify
from edgeface.tasks.recognition.accept_rates import WELL_COUNTED
from edgeface.tasks.recognition.embedding import embed_faces
from edgeface.tasks.recognition.pairs import Pairs
from edgeface.tasks.recognition.requirements import GATE_NOISE
from edgeface.tasks.recognition.threshold_shift import ThresholdShift
from edgeface.validate.reference import Network, Reference

Faces: TypeAlias = Mapping[str, NDArray[np.uint8] | None]
Embedded: TypeAlias = Mapping[str, NDArray[np.float32]]
"""Embeddings by the images' names: [1,width], or [0,width] where there is no face."""

FAR = 1e-3
LEAST_CHANGED_PERCENT = 0.25
"""What the noise counts as at least, in percent of the pairs."""

JUDGED_FARS = (FAR, 2e-3, 5e-3, 1e-2, 2e-2, 5e-2, 1e-1)
"""A lost true accept rate is judged at the lowest of these false accept rates that the pairs can count."""


@dataclass(frozen=True)
class LabeledFaces:
    """Pairs, and the aligned face uint8 [h,w,3] in BGR of each image in them; None where it shows no face."""

    pairs: Pairs
    faces: Faces


@dataclass(frozen=True)
class IdentityChange:
    """Verification by the float reference and by the artifact, and what changed.

    `threshold` is the cosine to use with the artifact: the one at the reference's false accept rate, if there are
    enough pairs for that rate, else the one of highest accuracy; `basis` says which. `tar` is the change of the true
    accept rate at the false accept rate `far`; both None where the pairs can count none of `JUDGED_FARS`. `moved` are
    the reference's scores float64 [n] with the second image of each pair changed by the task's noise, where measured.
    """

    reference: Verification
    candidate: Verification
    change: Change
    far: float | None = None
    tar: Interval | None = None
    moved: NDArray[np.float64] | None = None

    @property
    def basis(self) -> str:
        """The criterion that chose the threshold."""
        return "best accuracy" if self.candidate.tar.caution else f"FAR {self.candidate.tar.far:g}"

    @property
    def thresholds(self) -> ThresholdShift:
        """The thresholds by that criterion: the reference's, and the artifact's."""
        return self.change.at_best if self.candidate.tar.caution else self.change.at_far

    @property
    def threshold(self) -> float:
        """The cosine to use."""
        return self.thresholds.candidate

    def changed_verdicts(self, scores: NDArray[np.float64]) -> int:
        """Pairs that other scores decide otherwise than the reference's, at the reference's threshold."""
        limit = self.thresholds.reference
        return int(((self.reference.scores >= limit) != (scores >= limit)).sum())

    def as_dict(self) -> dict[str, Any]:
        """For JSON and the certificate."""
        by_noise = {} if self.moved is None else {"by_noise": self.changed_verdicts(self.moved)}
        return {
            "changed_verdicts": {"by_artifact": self.changed_verdicts(self.candidate.scores), **by_noise},
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
            *self._changed(limits),
            *points_lost("accuracy lost in verification", limits.accuracy_drop_points, least, accuracy),
            *points_lost(f"TAR lost at FAR {self.far or 0:g}", limits.tar_drop_points, least, tar),
        ]

    def _changed(self, limits: Thresholds) -> list[Requirement]:
        if limits.noise_factor is None or self.moved is None:
            return []
        # Verdicts move with the root of what cosines lack of 1; both faces of a pair are the build's, one is moved.
        # What the changes cost in accuracy is judged apart.
        factor, least = 2 * math.sqrt(limits.noise_factor), limits.evidence.genuine_pairs
        limit = Relative("changed verdicts", factor, GATE_NOISE.name, LEAST_CHANGED_PERCENT, least, "pairs")
        changed, by_noise = (self.changed_verdicts(scores) for scores in (self.candidate.scores, self.moved))
        return [limit.of_counts(changed, by_noise, len(self.reference.scores))]


def judged_far(pairs: Pairs) -> float | None:
    """The lowest of `JUDGED_FARS` that pairs of different persons can count; None where they are too few for any."""
    impostors = len(pairs.pairs) - int(pairs.same.sum())
    return next((far for far in JUDGED_FARS if far * impostors >= WELL_COUNTED), None)


@dataclass(frozen=True)
class IdentityMeasure:
    """Measurement of recognizers' verification of labeled pairs; with `noise`, of the reference's own noise too."""

    labeled: LabeledFaces
    contract: RecognitionContract
    noise: bool = False

    def of(self, reference: Reference, candidates: Sequence[Network]) -> list[IdentityChange]:
        """The change for each candidate, verified on the pairs; candidates run concurrently.

        Raises:
            InputError: there are too few pairs.
        """
        embedded = self._embedded(reference.run, self.labeled.faces)
        first = self._verified(embedded, "float32")
        moved = self._moved(embedded, reference.twin or reference.run) if self.noise else None
        with ThreadPoolExecutor(max(1, min(len(candidates), len(os.sched_getaffinity(0))))) as pool:
            found = pool.map(lambda run: self._embedded(run, self.labeled.faces), candidates)
            verified = [self._verified(each, "artifact") for each in found]
        return [replace(self._change(first, each), moved=moved) for each in verified]

    def _moved(self, embedded: Embedded, network: Network) -> NDArray[np.float64]:
        """The reference's scores where only the second face of each pair is changed: equal changes cancel."""
        second = {pair.second for pair in self.labeled.pairs.pairs}
        faces = {name: face for name, face in self.labeled.faces.items() if name in second and face is not None}
        changed = {name: GATE_NOISE.apply(face, number) for number, (name, face) in enumerate(faces.items())}
        return self._scores(embedded, self._embedded(network, changed))

    def _change(self, reference: Verification, candidate: Verification) -> IdentityChange:
        pairs = self.labeled.pairs
        change, far = compare(reference, candidate, pairs), judged_far(pairs)
        tar = change.tar if far in (None, candidate.tar.far) else tar_change(reference, candidate, pairs, far)
        return IdentityChange(reference, candidate, change, far, None if far is None else tar)

    def _verified(self, embedded: Embedded, label: str) -> Verification:
        return verify(label, self._scores(embedded, embedded), self.labeled.pairs, FAR)

    def _embedded(self, run: Network, faces: Faces) -> Embedded:
        nobody = np.zeros((0, self.contract.width), np.float32)
        return {
            name: nobody if face is None else embed_faces(run, self.contract, [face]) for name, face in faces.items()
        }

    def _scores(self, first: Embedded, second: Embedded) -> NDArray[np.float64]:
        pairs, nobody = self.labeled.pairs.pairs, np.zeros((0, self.contract.width), np.float32)
        return pair_scores([first[p.first] for p in pairs], [second.get(p.second, nobody) for p in pairs])
