"""From a detector's outputs to faces, in the arithmetic of edgeface's own tasks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeface.bundle.face_runner.errors import RunnerError

Floats = NDArray[np.float32]
_MAX_LOG_SIZE = 20.0
_OFF_CENTRE = 2.0


@dataclass(frozen=True)
class Face:
    """A face in pixels of the picture: box x1, y1, x2, y2, score 0 to 1, five landmarks (x, y)."""

    box: tuple[float, ...]
    score: float
    landmarks: tuple[tuple[float, float], ...]

    def as_dict(self) -> dict[str, Any]:
        """The face as JSON has it."""
        return {"box": list(self.box), "score": self.score, "landmarks": [list(point) for point in self.landmarks]}


def detect_faces(
    outputs: Mapping[str, Floats], contract: Mapping[str, Any], scale: float, shape: tuple[int, int], threshold: float
) -> list[Face]:
    """Decode, suppress overlaps, and go back to the picture's pixels.

    Args:
        outputs: float32 by name: boxes [1,N,4], scores [1,N,2], landmarks [1,N,10].
        contract: the detector's contract, as edgeface's manifest has it.
        scale: input pixels per pixel of the picture.
        shape: the picture's height and width in pixels.
        threshold: least score of a face.

    Returns:
        Faces by falling score.

    Raises:
        RunnerError: an output is missing or has another shape.
    """
    priors, sides = (
        prior_boxes(contract),
        np.array([contract["input"]["width"], contract["input"]["height"]], np.float32),
    )
    names = contract["outputs"]
    offsets = _output(outputs, names["boxes"], (1, len(priors), 4))
    scores = _output(outputs, names["scores"], (1, len(priors), 2))[:, 1]
    points = _output(outputs, names["landmarks"], (1, len(priors), 10))
    keep = np.flatnonzero(scores >= threshold)
    boxes = _decode_boxes(offsets[keep], priors[keep], sides, contract["anchors"]["variances"])
    kept = suppress_overlaps(boxes, scores[keep], contract["nms_iou"])
    chosen = keep[kept]
    marks = _decode_landmarks(points[chosen], priors[chosen], sides, contract["anchors"]["variances"])
    return _inside(boxes[kept] / np.float32(scale), scores[chosen], marks / np.float32(scale), shape)


def main_face(faces: list[Face], shape: tuple[int, int]) -> Face | None:
    """The large face near the centre: area − 2·d², d from the picture's centre, in pixels."""
    height, width = shape

    def prominence(face: Face) -> float:
        x1, y1, x2, y2 = face.box
        off = ((x1 + x2 - width) / 2) ** 2 + ((y1 + y2 - height) / 2) ** 2
        return (x2 - x1) * (y2 - y1) - _OFF_CENTRE * off

    return max(faces, key=prominence, default=None)


def prior_boxes(contract: Mapping[str, Any]) -> Floats:
    """Priors float32 [N,4], centre x, centre y, width, height as fractions: stride, row, column, anchor."""
    height, width = contract["input"]["height"], contract["input"]["width"]
    levels = []
    for stride, sizes in zip(contract["anchors"]["strides"], contract["anchors"]["sizes"], strict=True):
        rows, columns = -(-height // stride), -(-width // stride)
        y, x, size = np.meshgrid(
            (np.arange(rows) + 0.5) * stride / height,
            (np.arange(columns) + 0.5) * stride / width,
            np.asarray(sizes, np.float64),
            indexing="ij",
        )
        levels.append(np.stack([x, y, size / width, size / height], axis=-1).reshape(-1, 4))
    return np.concatenate(levels).astype(np.float32)


def suppress_overlaps(boxes: Floats, scores: Floats, max_iou: float) -> NDArray[np.intp]:
    """Indices of the boxes that stay, best first; areas count the pixel at the border."""
    order = np.argsort(-scores, kind="stable")
    kept = []
    while order.size:
        best, rest = order[0], order[1:]
        kept.append(best)
        order = rest[_overlaps(boxes[best : best + 1], boxes[rest]) <= max_iou]
    return np.array(kept, np.intp)


def _overlaps(one: Floats, others: Floats) -> Floats:
    low, high = np.maximum(one[:, :2], others[:, :2]), np.minimum(one[:, 2:], others[:, 2:])
    inner = np.prod(np.maximum(high - low + 1.0, 0), axis=1)
    areas = [np.prod(np.maximum(x[:, 2:] - x[:, :2] + 1.0, 0), axis=1) for x in (one, others)]
    union = areas[0] + areas[1] - inner
    return np.asarray(np.divide(inner, union, out=np.zeros_like(union), where=union > 0), np.float32)


def _decode_boxes(offsets: Floats, priors: Floats, sides: Floats, variances: list[float]) -> Floats:
    centres = priors[:, :2] + offsets[:, :2] * variances[0] * priors[:, 2:]
    sizes = priors[:, 2:] * np.exp(np.minimum(offsets[:, 2:] * variances[1], _MAX_LOG_SIZE))
    corners = np.concatenate([centres - sizes / 2, centres + sizes / 2], axis=1)
    return np.asarray(corners * np.tile(sides, 2), np.float32)


def _decode_landmarks(offsets: Floats, priors: Floats, sides: Floats, variances: list[float]) -> Floats:
    points = offsets.reshape(-1, 5, 2)
    points = priors[:, None, :2] + points * variances[0] * priors[:, None, 2:]
    return (points * sides).astype(np.float32)


def _output(outputs: Mapping[str, Floats], name: str, shape: tuple[int, ...]) -> Floats:
    got = outputs.get(name)
    if got is None or got.shape != shape:
        found = "missing" if got is None else str(list(got.shape))
        raise RunnerError(f"output {name!r} is {found}, the contract says {list(shape)}")
    first: Floats = got[0]
    return first


def _inside(boxes: Floats, scores: Floats, landmarks: Floats, shape: tuple[int, int]) -> list[Face]:
    height, width = shape
    limits = np.array([width, height, width, height], np.float32)
    faces = []
    for box, score, points in zip(boxes, scores, landmarks, strict=True):
        centre_x, centre_y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
        if 0 <= centre_x < width and 0 <= centre_y < height:
            marks = tuple((float(x), float(y)) for x, y in points)
            faces.append(Face(tuple(np.clip(box, 0, limits).tolist()), float(score), marks))
    return faces
