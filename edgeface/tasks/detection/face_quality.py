"""How much a candidate looks like a face, whatever network found it: proportions, landmarks, and its neighbors."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from edgeface.contracts import DetectionContract
from edgeface.graph.types import Array
from edgeface.tasks.detection.decoding import Candidates
from edgeface.tasks.detection.detect import decoding_of
from edgeface.tasks.detection.nms import iou_matrix

MAX_CANDIDATES = 300
FIVE = 5
FIVE_MIRRORED = (1, 0, 2, 4, 3)
_FACE = np.array([[0.3, 0.4], [0.7, 0.4], [0.5, 0.6], [0.34, 0.78], [0.66, 0.78]])
_MAX_DISTANCE = 0.2

Floats = NDArray[np.float64]


def strongest(
    outputs: Mapping[str, Array], contract: DetectionContract, min_score: float, scale: float = 1.0
) -> Candidates:
    """The best few hundred candidates in pixels of the image: an untrained network may find thousands."""
    found = decoding_of(contract).candidates(outputs, min_score)
    best = np.argsort(-found.scores, kind="stable")[:MAX_CANDIDATES]
    best = best[np.isfinite(found.boxes[best]).all(axis=1) & (found.scores[best] <= 1.001)]
    size = np.float32(scale)
    return Candidates(found.boxes[best] / size, found.scores[best], found.landmarks[best] / size)


def chosen(found: Candidates, index: NDArray[np.intp] | NDArray[np.bool_]) -> Candidates:
    """Some of the candidates."""
    return Candidates(found.boxes[index], found.scores[index], found.landmarks[index])


def mirrored(found: Candidates, width: float) -> Candidates:
    """The candidates of a mirrored image, in the image; landmarks other than the five keep their order."""
    boxes = found.boxes.copy()
    boxes[:, [0, 2]] = width - found.boxes[:, [2, 0]]
    points = found.landmarks.copy()
    points[..., 0] = width - points[..., 0]
    if points.shape[1] == FIVE:
        points = points[:, FIVE_MIRRORED, :]
    return Candidates(boxes, found.scores, points)


def likeness(found: Candidates) -> Floats:
    """0 to 1 for each candidate: its proportions and the arrangement of its landmarks are a face's."""
    boxes = found.boxes.astype(np.float64)
    sides = np.maximum(boxes[:, 2:] - boxes[:, :2], 1.0)
    aspect = sides[:, 0] / sides[:, 1]
    good = _ramp(aspect, 0.4, 0.6) * _ramp(-aspect, -1.8, -1.5)
    count = found.landmarks.shape[1]
    if not count or not len(boxes):
        return good
    places = (found.landmarks - boxes[:, None, :2]) / sides[:, None, :]
    if count == FIVE:
        return good * _ramp(-np.sqrt(((places - _FACE) ** 2).sum(axis=2).mean(axis=1)), -0.3, -0.15)
    inside = ((places > -0.15) & (places < 1.15)).all(axis=2).mean(axis=1)
    spread = places.std(axis=1).mean(axis=1)
    return good * _ramp(inside, 0.6, 0.9) * _ramp(spread, 0.08, 0.16) * _ramp(-spread, -0.5, -0.4)


def tightness(boxes: NDArray[np.float32], neighbors: NDArray[np.float32]) -> Floats:
    """0 to 1 for each box: all candidates that respond to the same face decode to nearly one box."""
    overlaps = iou_matrix(boxes, neighbors)
    near = overlaps > 0.2
    return _ramp((overlaps * near).sum(axis=1) / np.maximum(near.sum(axis=1), 1), 0.7, 0.85)


def agreement(one: Candidates, other: Candidates, overlaps: Floats) -> Floats:
    """0 to 1 for each pair of candidates: boxes and landmarks of two views of one face are in the same place.

    Args:
        one: candidates [n].
        other: the candidate of the other view that goes with each, [n].
        overlaps: IoU of each pair, [n].
    """
    good = _ramp(overlaps, 0.5, 0.75)
    if not one.landmarks.shape[1] or not len(one.boxes):
        return good
    sides = np.maximum((one.boxes[:, 2:] - one.boxes[:, :2]).mean(axis=1), 1.0)
    if one.landmarks.shape[1] == FIVE:
        distances = np.linalg.norm(one.landmarks - other.landmarks, axis=2)
    else:  # which point is which in a mirrored face is not known: each is near one
        distances = np.linalg.norm(one.landmarks[:, :, None] - other.landmarks[:, None], axis=3).min(axis=2)
    return np.asarray(good * np.clip(1 - distances.mean(axis=1) / sides / _MAX_DISTANCE, 0, 1))


def _ramp(values: NDArray[np.floating], low: float, high: float) -> Floats:
    """0 up to `low`, 1 from `high` on."""
    return np.asarray(np.clip((np.asarray(values, np.float64) - low) / (high - low), 0, 1))
