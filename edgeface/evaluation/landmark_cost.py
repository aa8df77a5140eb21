"""Effect of a detector's landmark errors on embeddings: the same faces, aligned by either detector's landmarks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from edgeface.core.requirement import Requirement
from edgeface.core.thresholds import Thresholds
from edgeface.inference.recognizer import Recognizer
from edgeface.tasks.detection.faces import Face, face_boxes
from edgeface.tasks.detection.match import MIN_IOU, MIN_SCORE, match_boxes
from edgeface.tasks.detection.nms import iou_matrix
from edgeface.validate.compare import Look

MIN_PX = 40.0
"""Minimum shorter side of a face that counts: smaller ones are not recognized."""


@dataclass(frozen=True)
class LandmarkCost:
    """Cosines between the embeddings of each matched face, aligned by either detector's landmarks."""

    cosines: tuple[float, ...]

    @property
    def mean_cosine(self) -> float:
        """Mean over the faces; 1 where there are none."""
        return float(np.mean(self.cosines)) if self.cosines else 1.0

    def as_dict(self) -> dict[str, Any]:
        """For JSON and the certificate; cosines are null where no face is large enough."""
        if not self.cosines:
            return {"faces": 0, "least_face_px": MIN_PX, "mean_cosine": None, "p5_cosine": None, "min_cosine": None}
        return {
            "faces": len(self.cosines),
            "least_face_px": MIN_PX,
            "mean_cosine": round(self.mean_cosine, 5),
            "p5_cosine": round(float(np.percentile(self.cosines, 5)), 5),
            "min_cosine": round(min(self.cosines), 5),
        }

    def entries(self) -> dict[str, Any]:
        """Entries of the certificate's `decisions`."""
        return {"identity": self.as_dict()}

    def requirements(self, limits: Thresholds) -> list[Requirement]:  # noqa: ARG002
        """No requirements: recipes have no limit on this cost."""
        return []


class LandmarkObserver:
    """Aligns every matched face by both detectors' landmarks, and compares a recognizer's embeddings of it.

    Args:
        recognizer: embeds the faces of both detectors.
    """

    def __init__(self, recognizer: Recognizer) -> None:
        self._recognizer = recognizer
        self._cosines: list[float] = []

    def see(self, look: Look) -> None:
        """Add an image's faces."""
        first, second = (_counted(faces) for faces in (look.decided, look.decided_by_candidate))
        for row, column in match_boxes(iou_matrix(face_boxes(first), face_boxes(second)), MIN_IOU):
            one, other = (
                self._recognizer.embed_photo(look.view.image, np.array(face.landmarks))
                for face in (first[row], second[column])
            )
            self._cosines.append(float(one @ other))

    def measured(self) -> LandmarkCost:
        """The cost on all images so far."""
        return LandmarkCost(tuple(self._cosines))


def _counted(faces: Sequence[Face]) -> list[Face]:
    """Faces that are above the usual threshold and large enough."""
    return [
        face
        for face in faces
        if face.score >= MIN_SCORE and min(face.box[2] - face.box[0], face.box[3] - face.box[1]) >= MIN_PX
    ]
