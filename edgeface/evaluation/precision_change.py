"""Change of a detector's average precision caused by a build, on labeled images."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from edgeface.contracts import DetectionContract
from edgeface.core.bound import loss, points_lost
from edgeface.core.confidence import Interval
from edgeface.core.requirement import Requirement
from edgeface.core.thresholds import Thresholds
from edgeface.evaluation.labeled_images import LabeledImages
from edgeface.evaluation.precision import Precision, intervals, precision, precision_changes
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
    """Average precision of the float reference and of the artifact, and its changes, each with its 95 % interval."""

    labels: str
    images: int
    reference: Precision
    candidate: Precision
    changes: Mapping[str, Interval]

    @property
    def worst(self) -> str:
        """The name of the figure that drops most."""
        return min(self.changes, key=lambda name: self.changes[name].value)

    @property
    def worst_drop_points(self) -> float:
        """The largest drop of any figure, in percentage points; negative where all rose."""
        return -100 * self.changes[self.worst].value + 0.0

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "labels": self.labels,
            "images": self.images,
            "labeled_faces": dict(self.candidate.labeled),
            "reference": self.reference.as_dict(),
            "candidate": self.candidate.as_dict(),
            "candidate_intervals": self.candidate.intervals(),
            "change_intervals": intervals(self.changes),
            "worst_drop_points": round(self.worst_drop_points, 3),
        }

    def entries(self) -> dict[str, Any]:
        """Entries of the certificate's `decisions`."""
        return {"average_precision": self.as_dict()}

    def requirements(self, limits: Thresholds) -> list[Requirement]:
        """The limit on lost precision."""
        lost = loss(self.changes[self.worst], self.candidate.labeled[self.worst], "labeled faces")
        return points_lost("average precision lost", limits.precision_drop_points, limits.evidence.faces, lost)


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
        before, *after = (self.labeled.curves(faces) for faces in found)
        first, count = precision(before), len(self.labeled.files)
        return [
            PrecisionChange(self.labeled.kind, count, first, precision(each), precision_changes(before, each))
            for each in after
        ]

    def _views(self) -> Iterator[View]:
        task = task_of(self.contract)
        for image in read_images(self.labeled.files, "average precision"):
            yield task.prepare(image, self.contract)

    def _faces(self, outputs: Outputs, view: View) -> list[Face]:
        size = (view.image.shape[0], view.image.shape[1])
        return detect_faces(outputs, self.contract, view.scale, size, MIN_SCORE)
