"""Change of a detector's average precision caused by a build, on labeled images."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from edgeface.contracts import DetectionContract
from edgeface.core.requirement import Requirement, points_lost
from edgeface.core.thresholds import Thresholds
from edgeface.evaluation.labels import LabeledImages
from edgeface.evaluation.work import MIN_SCORE
from edgeface.images.split import read_images
from edgeface.tasks import task_of
from edgeface.tasks.detection.detect import detect_faces
from edgeface.tasks.detection.faces import Face
from edgeface.tasks.task import View
from edgeface.validate.reference import Network, Reference
from edgeface.validate.side_by_side import Outputs, referenced, side_by_side


@dataclass(frozen=True)
class PrecisionChange:
    """Average precision, 0 to 1, by name: of the float reference and of the artifact."""

    labels: str
    images: int
    reference: Mapping[str, float]
    candidate: Mapping[str, float]

    @property
    def worst_drop_points(self) -> float:
        """The largest drop of any figure, in percentage points; negative where all rose."""
        return max(100 * (self.reference[name] - value) for name, value in self.candidate.items())

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "labels": self.labels,
            "images": self.images,
            "reference": {name: round(value, 5) for name, value in self.reference.items()},
            "candidate": {name: round(value, 5) for name, value in self.candidate.items()},
            "worst_drop_points": round(self.worst_drop_points, 3),
        }

    def entries(self) -> dict[str, Any]:
        """Entries of the certificate's `decisions`."""
        return {"average_precision": self.as_dict()}

    def requirements(self, limits: Thresholds) -> list[Requirement]:
        """The limit on lost precision."""
        return points_lost("average precision lost", limits.precision_drop_points, self.worst_drop_points)


@dataclass(frozen=True)
class PrecisionMeasure:
    """Measurement of detectors' average precision on labeled images."""

    labeled: LabeledImages
    contract: DetectionContract

    def of(self, reference: Reference, candidates: Sequence[Network]) -> list[PrecisionChange]:
        """The change for each candidate on the labeled images; each image is read once.

        Raises:
            InputError: an image cannot be read.
        """
        found: list[list[list[Face]]] = [[] for _ in range(1 + len(candidates))]
        name = self.contract.input.name
        for item in side_by_side(referenced(reference.run, name, self._views()), candidates, name):
            for faces, outputs in zip(found, (item.wanted, *item.got), strict=True):
                faces.append(self._faces(outputs, item.view))
        before, *after = (self.labeled.average_precision(faces) for faces in found)
        return [PrecisionChange(self.labeled.kind, len(self.labeled.files), before, each) for each in after]

    def _views(self) -> Iterator[View]:
        task = task_of(self.contract)
        for image in read_images(self.labeled.files, "average precision"):
            yield task.prepare(image, self.contract)

    def _faces(self, outputs: Outputs, view: View) -> list[Face]:
        size = (view.image.shape[0], view.image.shape[1])
        return detect_faces(outputs, self.contract, view.scale, size, MIN_SCORE)
