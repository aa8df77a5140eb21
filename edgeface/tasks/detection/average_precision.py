"""Average precision of a detector on labeled images.

Source: the PASCAL VOC development kit (Everingham et al., IJCV 2010), area under the whole curve as since 2010.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from edgeface.tasks.detection.faces import Face, face_boxes
from edgeface.tasks.detection.nms import iou_matrix

MIN_IOU = 0.5

_VERDICT = np.dtype([("score", np.float64), ("hit", np.bool_), ("image", np.int32)])


@dataclass(frozen=True)
class LabeledDetections:
    """One image: what was detected, down to a low score (0.02, say), and the labeled boxes.

    `labels` is float32 [n,4], x1, y1, x2, y2 in pixels; `ignored` bool [n], those that need not be found, or None.
    """

    faces: Sequence[Face]
    labels: NDArray[np.float32]
    ignored: NDArray[np.bool_] | None = None


class PrecisionCurve(Protocol):
    """Detections in labeled images, from which average precision is computed for any weights of the images."""

    @property
    def images(self) -> int:
        """The number of images."""

    @property
    def labeled(self) -> int:
        """The number of labels that count."""

    def areas(self, weights: NDArray[np.int64]) -> NDArray[np.float64]:
        """Average precision for each row of weights int64 [r, images]: float64 [r], NaN where nothing counts."""


@dataclass(frozen=True)
class CountedLabels:
    """The labels that count in each image, int64 [images]."""

    counted: NDArray[np.int64]

    @property
    def images(self) -> int:
        """The number of images."""
        return len(self.counted)

    @property
    def labeled(self) -> int:
        """The number of labels that count."""
        return int(self.counted.sum())


@dataclass(frozen=True)
class RankedDetections(CountedLabels):
    """Detections of all images by falling score: whether each found a label that had none, int32 [n] of which image."""

    hits: NDArray[np.bool_]
    image: NDArray[np.int32]

    def areas(self, weights: NDArray[np.int64]) -> NDArray[np.float64]:
        """Area under the precision–recall curve where images count as often as each row of weights says."""
        return np.array([self._area(row) for row in weights], np.float64)

    def _area(self, weights: NDArray[np.int64]) -> float:
        labeled = int(self.counted @ weights)
        if not labeled:
            return float("nan")
        # Recall rises only where a label is found, and precision is highest there: the rest of the curve is not needed.
        seen = np.cumsum(weights[self.image])[self._found]
        hits = np.cumsum(weights[self.image[self._found]])
        precision, recall = hits / np.maximum(seen, 1), hits / labeled
        envelope = np.maximum.accumulate(precision[::-1])[::-1]
        areas = np.zeros(len(self.hits))  # of every detection, since it decides how a sum of them is rounded
        areas[self._found] = np.diff(recall, prepend=0.0) * envelope
        return float(np.sum(areas))

    @cached_property
    def _found(self) -> NDArray[np.intp]:
        """The places of the detections that found a label."""
        return np.flatnonzero(self.hits)


def rank_detections(images: Iterable[LabeledDetections], min_side_px: float = 0.0) -> RankedDetections:
    """The detections of all images together, judged at IoU ≥ 0.5.

    A detection counts for the label that it overlaps most; a second detection of a label is false. Labels
    whose shorter side is under `min_side_px` or that need not be found, and detections of them, are ignored.

    Args:
        images: detections and labels of each image.
        min_side_px: labels smaller than this are ignored.
    """
    counted: list[int] = []
    found: list[NDArray[np.void]] = []
    for number, image in enumerate(images):
        labels, verdicts = _judge(image, min_side_px)
        counted.append(labels)
        if verdicts:
            found.append(np.array([(score, hit, number) for score, hit in verdicts], _VERDICT))
    every = np.concatenate(found) if found else np.zeros(0, _VERDICT)
    order = np.argsort(-every["score"], kind="stable")
    return RankedDetections(np.array(counted, np.int64), every["hit"][order], every["image"][order])


def whole_area(curve: PrecisionCurve) -> float:
    """Area under the precision–recall curve over all images together, 0 to 1; NaN where nothing is labeled."""
    return float(curve.areas(np.ones((1, curve.images), np.int64))[0])


def average_precision(images: Iterable[LabeledDetections], min_side_px: float = 0.0) -> float:
    """Average precision, 0 to 1, NaN where nothing is labeled; arguments as of `rank_detections`."""
    return whole_area(rank_detections(images, min_side_px))


def _judge(image: LabeledDetections, min_side_px: float) -> tuple[int, list[tuple[float, bool]]]:
    labels = image.labels.reshape(-1, 4)
    ignored = np.minimum(labels[:, 2] - labels[:, 0], labels[:, 3] - labels[:, 1]) < min_side_px
    if image.ignored is not None:
        ignored = ignored | image.ignored
    faces = sorted(image.faces, key=lambda face: -face.score)
    overlaps = iou_matrix(face_boxes(faces), labels)
    found: set[int] = set()
    verdicts = []
    for face, row in zip(faces, overlaps, strict=True):
        best = int(row.argmax()) if len(labels) else -1
        hit = best >= 0 and bool(row[best] >= MIN_IOU)
        if hit and ignored[best]:
            continue
        verdicts.append((face.score, hit and best not in found))
        if hit:
            found.add(best)
    return int((~ignored).sum()), verdicts
