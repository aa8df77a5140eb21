"""Average precision by WIDER FACE's own evaluation: easy, medium and hard.

Source: Yang et al., WIDER FACE: A Face Detection Benchmark (CVPR 2016), and its published evaluation program
(eval_tools), whose steps are followed to the pixel: boxes count the pixel at their border (+1), scores are min–max
normalized over the whole set, precision and recall are taken at 1 000 thresholds, and detections in images
without a labeled face are ignored. A second detection of a face is false. Labels that a setting leaves out
are ignored, and so are detections that overlap them most.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from edgeface.tasks.detection.average_precision import CountedLabels
from edgeface.tasks.detection.faces import Face, face_boxes
from edgeface.tasks.detection.nms import iou_matrix

MIN_IOU = 0.5
THRESHOLDS = 1000
SETTINGS = ("easy", "medium", "hard")


@dataclass(frozen=True)
class WiderLabels:
    """The labeled faces of one image.

    Attributes:
        boxes: float32 [n,4], x1, y1, x2, y2 in pixels.
        counted: bool [n] for each setting, which of them count.
    """

    boxes: NDArray[np.float32]
    counted: Mapping[str, NDArray[np.bool_]]


@dataclass(frozen=True)
class WiderDetections:
    """What was detected in one image: float32 [n,4] whole-pixel boxes x1, y1, x2, y2 and float64 [n] scores."""

    boxes: NDArray[np.float32] = field(default_factory=lambda: np.zeros((0, 4), np.float32))
    scores: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))

    @classmethod
    def of(cls, faces: Sequence[Face]) -> WiderDetections:
        """Faces in the benchmark's format: corners truncated to whole pixels."""
        return cls(np.trunc(face_boxes(faces)), np.array([face.score for face in faces], np.float64))


@dataclass(frozen=True)
class WiderCurve(CountedLabels):
    """Each image's proposals and found faces at each threshold, float32 [images,1000,2]."""

    totals: NDArray[np.float32]

    def areas(self, weights: NDArray[np.int64]) -> NDArray[np.float64]:
        """Area under the precision–recall curve where images count as often as each row of weights says."""
        sums = np.einsum("ri,itk->rtk", weights.astype(np.float64), self.totals, optimize=True)
        return np.array([_curve(found, int(self.counted @ row)) for found, row in zip(sums, weights, strict=True)])


def wider_curve(
    detections: Mapping[str, WiderDetections], labels: Mapping[str, WiderLabels], setting: str
) -> WiderCurve:
    """The counts of one setting.

    Args:
        detections: by image, down to a low score (0.02, say); an image that is missing has none.
        labels: by image.
        setting: "easy", "medium" or "hard".
    """
    found = {name: detections.get(name, WiderDetections()) for name in labels}
    scores = np.concatenate([item.scores for item in found.values()] or [np.zeros(0)])
    low, spread = (float(scores.min()), float(np.ptp(scores))) if len(scores) else (0.0, 0.0)
    totals = np.zeros((len(labels), THRESHOLDS, 2), np.float32)
    for number, (name, annotated) in enumerate(labels.items()):
        if len(annotated.boxes) and len(found[name].scores):
            relative = (found[name].scores - low) / (spread or 1.0)
            totals[number] = _counts(found[name], relative, annotated.boxes, annotated.counted[setting])
    return WiderCurve(np.array([each.counted[setting].sum() for each in labels.values()], np.int64), totals)


def _curve(totals: NDArray[np.float64], labeled: int) -> float:
    if not labeled:
        return float("nan")
    proposed, recalled = totals.T
    precision = recalled / np.maximum(proposed, 1)  # where nothing is proposed nothing is recalled
    return _area(recalled / labeled, precision)


def _counts(
    found: WiderDetections, scores: NDArray[np.float64], boxes: NDArray[np.float32], counted: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """Proposals that count, and faces found, at each threshold from high to low: int64 [1000,2]."""
    order = np.argsort(-scores, kind="stable")
    overlaps = iou_matrix(found.boxes[order], boxes, border_px=1.0)
    best = overlaps.argmax(axis=1)
    hit = overlaps[np.arange(len(order)), best] >= MIN_IOU
    proposed = np.cumsum(~(hit & ~counted[best]))
    first = np.zeros(len(order), bool)
    right = np.flatnonzero(hit & counted[best])
    first[right[np.unique(best[right], return_index=True)[1]]] = True
    recalled = np.cumsum(first)
    thresholds = 1 - np.arange(1, THRESHOLDS + 1) / THRESHOLDS
    reached = np.searchsorted(-scores[order], -thresholds, side="right")  # detections at or above each threshold
    at = np.maximum(reached - 1, 0)
    return np.where(reached[:, None] > 0, np.stack([proposed[at], recalled[at]], axis=1), 0)


def _area(recall: NDArray[np.float64], precision: NDArray[np.float64]) -> float:
    """Area under the envelope of a curve with rising recall, as PASCAL VOC takes it."""
    recall = np.concatenate([[0.0], recall, [1.0]])
    envelope = np.maximum.accumulate(np.concatenate([[0.0], precision, [0.0]])[::-1])[::-1]
    return float(np.sum(np.diff(recall) * envelope[1:]))
