"""What a build did to identities, measured while it is proven: float reference and artifact on the same pairs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeface.contracts import RecognitionContract
from edgeface.core.progress import track
from edgeface.evaluation.change import Change, compare
from edgeface.evaluation.verification import Verification, pair_scores, verify
from edgeface.graph.types import Array
from edgeface.tasks.recognition.embedding import embed_faces
from edgeface.tasks.recognition.pairs import Pairs

FAR = 1e-3
Run = Callable[[Mapping[str, Array]], Mapping[str, Array]]


@dataclass(frozen=True)
class LabelledFaces:
    """Pairs, and the aligned face uint8 [h,w,3] in BGR of each image in them; None where it shows no face."""

    pairs: Pairs
    faces: Mapping[str, NDArray[np.uint8] | None]


@dataclass(frozen=True)
class IdentityChange:
    """Verification by the float reference and by the artifact, and what changed.

    `threshold` is the cosine to use with the artifact: where it accepts as many strangers as the reference, if the
    pairs suffice for that rate, else where it is right most often; `basis` says which.
    """

    reference: Verification
    candidate: Verification
    change: Change

    @property
    def basis(self) -> str:
        """What the threshold was chosen by."""
        return "best accuracy" if self.candidate.tar.caution else f"FAR {self.candidate.tar.far:g}"

    @property
    def threshold(self) -> float:
        """The cosine to use."""
        shift = self.change.at_best if self.candidate.tar.caution else self.change.at_far
        return shift.candidate

    @property
    def accuracy_drop_points(self) -> float | None:
        """By how many percent points the accuracy by folds fell; negative where it rose."""
        found = self.change.accuracy
        return None if found is None else -100 * found.value

    def as_dict(self) -> dict[str, Any]:
        """For JSON and the certificate."""
        return {
            "reference": self.reference.as_dict(),
            "candidate": self.candidate.as_dict(),
            "change": self.change.as_dict(),
            "threshold_basis": self.basis,
        }


def identity_change(
    labelled: LabelledFaces, contract: RecognitionContract, reference: Run, candidate: Run
) -> IdentityChange:
    """Verify the pairs with both networks.

    Raises:
        InputError: there are too few pairs.
    """
    first, second = (
        _verified(labelled, contract, run, label) for run, label in ((reference, "float32"), (candidate, "artifact"))
    )
    return IdentityChange(first, second, compare(first, second, labelled.pairs))


def _verified(labelled: LabelledFaces, contract: RecognitionContract, run: Run, label: str) -> Verification:
    nobody = np.zeros((0, contract.width), np.float32)
    embedded = {
        name: nobody if face is None else embed_faces(run, contract, [face])
        for name, face in track(list(labelled.faces.items()), f"verifying pairs with the {label}")
    }
    pairs = labelled.pairs
    scores = pair_scores([embedded[p.first] for p in pairs.pairs], [embedded[p.second] for p in pairs.pairs])
    return verify(label, scores, pairs, FAR)
