"""What a build did to a detector's average precision, on labelled images."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from edgeface.contracts import DetectionContract
from edgeface.evaluation.certificate import Run
from edgeface.evaluation.labels import LabelledImages
from edgeface.evaluation.work import MIN_SCORE
from edgeface.images.split import read_images
from edgeface.tasks.detection.faces import Face, detect_faces
from edgeface.tasks.detection.task import TASK
from edgeface.tasks.task import Image


@dataclass(frozen=True)
class PrecisionChange:
    """Average precision, 0 to 1, by name: of the float reference and of the artifact."""

    labels: str
    images: int
    reference: Mapping[str, float]
    candidate: Mapping[str, float]

    @property
    def worst_drop_points(self) -> float:
        """The largest fall of any figure, in percent points; negative where all rose."""
        return max(100 * (self.reference[name] - value) for name, value in self.candidate.items())

    def as_dict(self) -> dict[str, Any]:
        """For JSON and the certificate."""
        return {
            "labels": self.labels,
            "images": self.images,
            "reference": {name: round(value, 5) for name, value in self.reference.items()},
            "candidate": {name: round(value, 5) for name, value in self.candidate.items()},
            "worst_drop_points": round(self.worst_drop_points, 3),
        }


def precision_change(
    labelled: LabelledImages, contract: DetectionContract, reference: Run, candidate: Run
) -> PrecisionChange:
    """Detect faces in every labelled image with both networks.

    Raises:
        InputError: an image cannot be read.
    """
    found: tuple[list[list[Face]], list[list[Face]]] = ([], [])
    for image in read_images(labelled.files, "average precision"):
        for faces, run in zip(found, (reference, candidate), strict=True):
            faces.append(_faces(image, contract, run))
    before, after = (labelled.average_precision(faces) for faces in found)
    return PrecisionChange(labelled.kind, len(labelled.files), before, after)


def _faces(image: Image, contract: DetectionContract, run: Run) -> list[Face]:
    shown = TASK.prepare(image, contract)
    size = (image.shape[0], image.shape[1])
    return detect_faces(run({contract.input.name: shown.tensor}), contract, shown.scale, size, MIN_SCORE)
