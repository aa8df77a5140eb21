"""Evidence for or against a detector's contract in images without labels.

Under the right contract a face is found again when the image is mirrored and shrunk, with its landmarks in
place; all anchors that respond to it decode to nearly one box; and its five landmarks are arranged as on a face.
Wrong anchors or activations break these even where scores stay high.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from edgeface.contracts import DetectionContract, ImageInput
from edgeface.graph.types import Array
from edgeface.images.files import fitted, placed
from edgeface.images.fit import Scale, along
from edgeface.tasks.detection.decoding import Candidates
from edgeface.tasks.detection.detect import decoding_of
from edgeface.tasks.detection.faces import Face, face_boxes
from edgeface.tasks.detection.landmark_orders import mirrored_order
from edgeface.tasks.detection.match import landmark_error_percent, match_boxes
from edgeface.tasks.detection.nms import iou_matrix, suppress_overlaps
from edgeface.tasks.task import Forward, Image

LONG_SIDE_PX = 512
MIRRORED_SIDE_PX = 384
COLOR_SIDES_PX = (512, 256, 128, 96, 64, 48)
MIN_REFERENCE_SIDE_PX = 96
MAX_STRONG_CANDIDATES = 300
_FACE = np.array([[0.3, 0.4], [0.7, 0.4], [0.5, 0.6], [0.34, 0.78], [0.66, 0.78]])
_MIN_P = 0.02
_QUALITY_COUNTED = 0.25


@dataclass(frozen=True)
class Sized:
    """Outputs for one image at some size."""

    outputs: Mapping[str, Array]
    scale: float
    height: int
    width: int


@dataclass
class Probe:
    """Runs the network on the images, once for all contracts that differ only in the decoder's parameters.

    For a network that is not `resizable`, images of every size are placed at the top left of its one input.
    """

    forward: Forward
    images: Sequence[Image]
    resizable: bool = True
    _views: dict[tuple[object, ...], Sized] = field(default_factory=dict)
    _scaled: dict[tuple[object, ...], tuple[Image, Scale]] = field(default_factory=dict)

    def view(self, contract: DetectionContract, index: int, side_px: int, mirrored: bool = False) -> Sized:
        """The network's outputs for image `index` with its longer side shrunk or grown to `side_px`."""
        spec = contract.input
        key = (contract.activation, contract.negative_slope, spec.color, index, side_px, mirrored)
        if key not in self._views:
            self._views[key] = self._run(contract, index, side_px, mirrored)
        return self._views[key]

    def _run(self, contract: DetectionContract, index: int, side_px: int, mirrored: bool) -> Sized:
        rows, columns = self.images[index].shape[:2]
        factor = side_px / max(rows, columns)
        if not self.resizable:
            factor = min(factor, contract.input.height / rows, contract.input.width / columns)
        step = contract.input.multiple_of
        height, width = (max(32, round(side * factor / step) * step) for side in (rows, columns))
        if not self.resizable:
            height, width = min(height, contract.input.height), min(width, contract.input.width)
        free = contract.input.model_copy(update={"height": height, "width": width, "fit": "letterbox"})
        sized = contract.with_input_size(height, width) if self.resizable else contract
        seen, scale = self._seen(index, free, mirrored)
        tensor = placed(seen, free)
        if not self.resizable:
            tensor = _at_top_left(tensor, contract)
        outputs = {name: np.nan_to_num(array) for name, array in self.forward(sized, tensor).items()}
        return Sized(outputs, along(scale)[0], sized.input.height, sized.input.width)

    def _seen(self, index: int, spec: ImageInput, mirrored: bool) -> tuple[Image, Scale]:
        """An image at an input's size, and its scale; scaled once for both color orders and all activations."""
        key = index, spec.height, spec.width, mirrored
        if key not in self._scaled:
            image = self.images[index]
            self._scaled[key] = fitted(np.ascontiguousarray(image[:, ::-1]) if mirrored else image, spec)
        return self._scaled[key]


def _at_top_left(tensor: NDArray[np.float32], contract: DetectionContract) -> NDArray[np.float32]:
    """A tensor [1,C,h,w] padded to the contract's size with 0, as letterboxed images are."""
    whole = np.zeros(contract.input.shape, np.float32)
    whole[:, :, : tensor.shape[2], : tensor.shape[3]] = tensor
    return whole


@dataclass(frozen=True)
class Support:
    """Evidence of one image for one contract.

    Attributes:
        strong: faces with score ≥ 0.5.
        supported: those that passed all checks.
        support: sum over the faces of a quality between 0 and 1.
        landmark_error: mean distance of landmarks between the views, in face sizes, of the faces found in both.
        tightness: mean IoU of a face with the boxes of all anchors that respond to it.
    """

    strong: int
    supported: int
    support: float
    landmark_error: float
    tightness: float


def support_of(probe: Probe, contract: DetectionContract, index: int) -> Support:
    """The evidence that the faces of one image give for one contract."""
    shape = probe.images[index].shape[:2]
    plain = probe.view(contract, index, LONG_SIDE_PX)
    mirrored = probe.view(contract, index, MIRRORED_SIDE_PX, mirrored=True)
    faces = _faces(plain, contract, shape, 0.5)
    if not faces:
        return Support(0, 0, 0.0, float("nan"), float("nan"))
    again = [_mirror(face, shape[1]) for face in _faces(mirrored, contract, shape, 0.4)]
    pairs = match_boxes(iou_matrix(face_boxes(faces), face_boxes(again)), 0.5)
    tightness = _tightness(plain, contract, faces)
    qualities, errors = np.zeros(len(faces)), []
    for i, j in pairs:
        percent = landmark_error_percent(faces[i], again[j]) if mirrored_order(len(faces[i].landmarks)) else None
        error = 0.0 if percent is None else percent / 100
        errors += [] if percent is None else [error]
        score = (faces[i].score * again[j].score) ** 0.5
        agreement, arrangement = np.clip(1 - error / 0.2, 0, 1), np.clip((0.3 - _distortion(faces[i])) / 0.15, 0, 1)
        qualities[i] = score * agreement * arrangement * np.clip((tightness[i] - 0.75) / 0.15, 0, 1)
    return Support(
        strong=len(faces),
        supported=int((qualities >= _QUALITY_COUNTED).sum()),
        support=float(qualities.sum()),
        landmark_error=float(np.mean(errors)) if errors else float("nan"),
        tightness=float(tightness.mean()),
    )


def color_gain(probe: Probe, bgr: DetectionContract, rgb: DetectionContract, index: int) -> tuple[float, int]:
    """How much more certain the network is of the same faces in BGR than in RGB, at many sizes.

    Large faces are found in either order; as they get smaller, the wrong order loses them first.

    Args:
        probe: the images.
        bgr: the contract with one order.
        rgb: the same contract with the other.
        index: the image.

    Returns:
        Difference of the log-odds (BGR − RGB), summed over sizes, mean over faces; and the number of faces.
    """
    shape = probe.images[index].shape[:2]
    references: list[Face] = []
    for contract in (bgr, rgb):
        for side in COLOR_SIDES_PX:
            view = probe.view(contract, index, side)
            if side >= MIN_REFERENCE_SIDE_PX:
                references += _faces(view, contract, shape, 0.6)
    if not references:
        return 0.0, 0
    boxes = face_boxes(references)
    boxes = boxes[suppress_overlaps(boxes, np.array([face.score for face in references], np.float32), 0.3)]
    gain = np.zeros(len(boxes))
    for sign, contract in ((1, bgr), (-1, rgb)):
        for side in COLOR_SIDES_PX:
            gain += sign * _log_odds(probe.view(contract, index, side), contract, boxes)
    return float(gain.mean()), len(boxes)


def _strongest(view: Sized, contract: DetectionContract, min_score: float) -> Candidates:
    """The best few hundred candidates: an untrained network may find thousands of faces."""
    sized = contract.with_input_size(view.height, view.width)
    found = decoding_of(sized).candidates(view.outputs, min_score)
    best = np.sort(np.argsort(-found.scores, kind="stable")[:MAX_STRONG_CANDIDATES])
    return Candidates(found.boxes[best], found.scores[best], found.landmarks[best])


def _faces(view: Sized, contract: DetectionContract, shape: tuple[int, ...], threshold: float) -> list[Face]:
    found = _strongest(view, contract, threshold)
    return decoding_of(contract).faces_of(found, view.scale, (shape[0], shape[1]))


def _mirror(face: Face, width: int) -> Face:
    x1, y1, x2, y2 = face.box
    points = (face.landmarks[k] for k in mirrored_order(len(face.landmarks)))
    mirrored = tuple((width - x, y) for x, y in points)
    return Face((width - x2, y1, width - x1, y2), face.score, mirrored)


def _distortion(face: Face) -> float:
    """Root mean square distance of the five landmarks from a frontal face's, in box sides; 0 of another number."""
    if len(face.landmarks) != len(_FACE):
        return 0.0
    x1, y1, x2, y2 = face.box
    places = (np.array(face.landmarks) - (x1, y1)) / (max(x2 - x1, 1.0), max(y2 - y1, 1.0))
    return float(np.sqrt(((places - _FACE) ** 2).sum(axis=1).mean()))


def _raw_boxes(
    view: Sized, contract: DetectionContract, min_score: float
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    found = _strongest(view, contract, min_score)
    return found.boxes / np.float32(view.scale), found.scores


def _tightness(view: Sized, contract: DetectionContract, faces: Sequence[Face]) -> NDArray[np.float32]:
    raw, _ = _raw_boxes(view, contract, 0.5)
    limits = np.array([view.width, view.height] * 2, np.float32) / np.float32(view.scale)
    overlaps = iou_matrix(face_boxes(faces), np.clip(raw, 0, limits))
    near = overlaps > 0.2
    return np.asarray((overlaps * near).sum(axis=1) / np.maximum(near.sum(axis=1), 1), np.float32)


def _log_odds(view: Sized, contract: DetectionContract, boxes: NDArray[np.float32]) -> NDArray[np.float32]:
    raw, scores = _raw_boxes(view, contract, _MIN_P)
    best = np.where(iou_matrix(boxes, raw) > 0.5, scores[None, :], 0).max(axis=1, initial=0)
    p = np.clip(best, _MIN_P, 1 - _MIN_P)
    return np.asarray(np.log(p / (1 - p)), np.float32)
