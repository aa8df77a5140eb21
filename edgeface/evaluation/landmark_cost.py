"""What a detector's landmark errors cost in identity: the same faces, aligned by either detector's landmarks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from edgeface.contracts import DetectionContract
from edgeface.evaluation.certificate import Run
from edgeface.graph.types import Array
from edgeface.inference.recognizer import Recognizer
from edgeface.tasks.detection.faces import Face, detect_faces, face_boxes
from edgeface.tasks.detection.match import MIN_IOU, MIN_SCORE, match_boxes
from edgeface.tasks.detection.nms import iou_matrix
from edgeface.tasks.detection.task import TASK
from edgeface.tasks.task import Image, View

MIN_PX = 40.0
"""Shorter side of the smallest face that counts: smaller ones are not recognized."""


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


def landmark_cost(
    contract: DetectionContract, reference: Run, candidate: Run, recognizer: Recognizer, images: Iterable[Image]
) -> LandmarkCost:
    """Align every matched face by both detectors' landmarks, and compare what a recognizer makes of it.

    Args:
        contract: the detector's.
        reference: the fp32 network.
        candidate: the artifact.
        recognizer: embeds; the same for both.
        images: uint8 [H,W,3] in BGR.
    """
    cosines: list[float] = []
    for image in images:
        shown = TASK.prepare(image, contract)
        feed = {contract.input.name: shown.tensor}
        first, second = (_faces(run(feed), shown, contract) for run in (reference, candidate))
        for row, column in match_boxes(iou_matrix(face_boxes(first), face_boxes(second)), MIN_IOU):
            one, other = (
                recognizer.embed_photo(image, np.array(face.landmarks)) for face in (first[row], second[column])
            )
            cosines.append(float(one @ other))
    return LandmarkCost(tuple(cosines))


def _faces(outputs: Mapping[str, Array], shown: View, contract: DetectionContract) -> list[Face]:
    size = (shown.image.shape[0], shown.image.shape[1])
    found = detect_faces(outputs, contract, shown.scale, size, MIN_SCORE)
    return [face for face in found if min(face.box[2] - face.box[0], face.box[3] - face.box[1]) >= MIN_PX]
