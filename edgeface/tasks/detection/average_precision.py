"""Average precision of a detector on labeled images.

Source: the PASCAL VOC development kit (Everingham et al., IJCV 2010), area under the whole curve as since 2010.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edgeface.tasks.detection.faces import Face, face_boxes
from edgeface.tasks.detection.nms import iou_matrix

MIN_IOU = 0.5


@dataclass(frozen=True)
class LabeledDetections:
    """One image: what was detected, down to a low score (0.02, say), and the labeled boxes.

    `labels` is float32 [n,4], x1, y1, x2, y2 in pixels.
    """

    faces: Sequence[Face]
    labels: NDArray[np.float32]


def average_precision(images: Sequence[LabeledDetections], min_side_px: float = 0.0) -> float:
    """Area under the precision–recall curve at IoU ≥ 0.5 over all images together.

    A detection counts for the label that it overlaps most; a second detection of a label is false. Labels
    whose shorter side is under `min_side_px`, and detections of them, are ignored.

    Args:
        images: detections and labels of each image.
        min_side_px: labels smaller than this are ignored.

    Returns:
        0 to 1; NaN where nothing is labeled.
    """
    verdicts: list[tuple[float, bool]] = []
    labeled = 0
    for image in images:
        counted, of_image = _judge(image, min_side_px)
        labeled += counted
        verdicts += of_image
    if not labeled:
        return float("nan")
    verdicts.sort(key=lambda verdict: -verdict[0])
    hits = np.cumsum([hit for _, hit in verdicts])
    precision = hits / np.arange(1, len(verdicts) + 1)
    recall = hits / labeled
    envelope = np.maximum.accumulate(precision[::-1])[::-1]
    return float(np.sum(np.diff(recall, prepend=0.0) * envelope))


def _judge(image: LabeledDetections, min_side_px: float) -> tuple[int, list[tuple[float, bool]]]:
    labels = image.labels.reshape(-1, 4)
    ignored = np.minimum(labels[:, 2] - labels[:, 0], labels[:, 3] - labels[:, 1]) < min_side_px
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
