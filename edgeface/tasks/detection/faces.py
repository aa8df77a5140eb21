"""From a detector's outputs to faces in the image."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edgeface.contracts import DetectionContract
from edgeface.errors import ContractError
from edgeface.graph.types import Array
from edgeface.tasks.detection.decode import decode_boxes, decode_landmarks
from edgeface.tasks.detection.nms import suppress_overlaps
from edgeface.tasks.detection.priors import prior_boxes

Point = tuple[float, float]


@dataclass(frozen=True)
class Face:
    """A detected face, in pixels of the image.

    `box` is x1, y1, x2, y2 within the image; `score` 0 to 1; `landmarks` the eye at the image's left,
    the eye at its right, the nose, the mouth's left and right corner, which may lie outside.
    """

    box: tuple[float, float, float, float]
    score: float
    landmarks: tuple[Point, Point, Point, Point, Point]

    @property
    def size_px(self) -> float:
        """Side of the square that has the box's area."""
        x1, y1, x2, y2 = self.box
        return math.sqrt(max(x2 - x1, 0.0) * max(y2 - y1, 0.0))


def detect_faces(
    outputs: Mapping[str, Array],
    contract: DetectionContract,
    letterbox_scale: float,
    image_shape: tuple[int, int],
    threshold: float | None = None,
) -> list[Face]:
    """Decode, suppress overlaps, and go back to the image's pixels.

    Faces whose centre lies outside the image (in the padding) are dropped.

    Args:
        outputs: the network's float32 outputs by the names that the contract gives them: boxes [1,N,4],
            scores [1,N,2] after softmax, landmarks [1,N,10].
        contract: the detector's contract, with the input size that was run.
        letterbox_scale: what `edgeface.images.files.letterbox` returned.
        image_shape: the image's height and width in pixels.
        threshold: least score of a face; None takes the contract's.

    Returns:
        Faces by falling score.

    Raises:
        ContractError: an output is missing, or its shape is not the contract's.
    """
    offsets, scores, points = _checked(outputs, contract)
    least = contract.score_threshold if threshold is None else threshold
    keep = np.flatnonzero(scores >= least)
    boxes = decode_boxes(offsets[keep], contract, keep)
    kept = suppress_overlaps(boxes, scores[keep], contract.nms_iou)
    boxes = boxes[kept] / np.float32(letterbox_scale)
    landmarks = decode_landmarks(points[keep[kept]], contract, keep[kept]) / np.float32(letterbox_scale)
    return _faces_inside(boxes, scores[keep[kept]], landmarks, image_shape)


def face_boxes(faces: Sequence[Face]) -> NDArray[np.float32]:
    """The faces' boxes as float32 [n,4]."""
    return np.array([face.box for face in faces], np.float32).reshape(-1, 4)


def _checked(
    outputs: Mapping[str, Array], contract: DetectionContract
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    count = len(prior_boxes(contract.anchors, contract.input.height, contract.input.width))
    names = contract.outputs
    arrays = []
    for name, values in ((names.boxes, 4), (names.scores, 2), (names.landmarks, 10)):
        got = outputs.get(name)
        if got is None or got.shape != (1, count, values):
            shape = "missing" if got is None else f"{list(got.shape)}"
            raise ContractError(
                f"output {name!r} is {shape}, the contract says [1, {count}, {values}]",
                where=f"{contract.family} ({contract.variant})",
                fix="the contract's input size, anchors or output names are not this network's",
            )
        arrays.append(np.asarray(got[0], np.float32))
    return arrays[0], arrays[1][:, 1], arrays[2]


def _faces_inside(
    boxes: NDArray[np.float32], scores: NDArray[np.float32], landmarks: NDArray[np.float32], shape: tuple[int, int]
) -> list[Face]:
    height, width = shape[:2]
    limits = np.array([width, height, width, height], np.float32)
    faces = []
    for box, score, points in zip(boxes, scores, landmarks, strict=True):
        centre_x, centre_y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
        if 0 <= centre_x < width and 0 <= centre_y < height:
            x1, y1, x2, y2 = np.clip(box, 0, limits).tolist()
            a, b, c, d, e = ((float(x), float(y)) for x, y in points)
            faces.append(Face((x1, y1, x2, y2), float(score), (a, b, c, d, e)))
    return faces
