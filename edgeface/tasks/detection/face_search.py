"""Search of faces under many contracts at once: where any of them finds one, all are compared later."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from edgeface.contracts import DetectionContract, ImageInput
from edgeface.core.progress import track
from edgeface.graph.types import Array
from edgeface.images.files import placed
from edgeface.images.fit import along, fit
from edgeface.tasks.detection import face_quality as quality
from edgeface.tasks.detection.decoding import Candidates
from edgeface.tasks.detection.nms import iou_matrix, suppress_overlaps
from edgeface.tasks.task import Forward, Image

ENOUGH_FACES = 12
FEW_FACES = 8
MIN_IMAGES = 4
DROPPED_AFTER = 2
"""Images after which a preprocessing that finds nothing is searched with no more; it is compared all the same."""

ZOOMED_INPUT_PX = 320
"""Inputs of at most this shorter side see parts of images too: in a whole one faces are too small for them."""

MAX_ZOOMED = 8
"""Images of which parts are searched, at most."""

_MIRRORED_SIZE = 0.7
_STRONG, _LISTED = 0.5, 0.3
_MIN_QUALITY = 0.2
_SAME_FACE = 0.3


@dataclass(frozen=True)
class FoundFace:
    """A face that a contract finds in an image and again in its smaller mirror image.

    `box` is x1, y1, x2, y2 in pixels of the image; `quality` 0 to 1.
    """

    image: Image
    box: NDArray[np.float32]
    quality: float


@dataclass
class Search:
    """The faces found so far, and each contract's support: the sum of the qualities of its own."""

    faces: list[FoundFace] = field(default_factory=list)
    support: dict[DetectionContract, float] = field(default_factory=dict)

    def add(self, contract: DetectionContract, found: Sequence[FoundFace]) -> None:
        """Count a contract's faces; one that another contract has found already is one face."""
        for face in found:
            self.support[contract] = self.support.get(contract, 0.0) + face.quality
            same = [
                index
                for index, other in enumerate(self.faces)
                if other.image is face.image and iou_matrix(face.box[None], other.box[None])[0, 0] > _SAME_FACE
            ]
            if not same:
                self.faces.append(face)
            elif face.quality > self.faces[same[0]].quality:
                self.faces[same[0]] = face


def search_faces(
    contracts: Mapping[ImageInput, Sequence[DetectionContract]], forward: Forward, images: Sequence[Image]
) -> Search:
    """The faces that any of the contracts finds, until there are enough.

    Args:
        contracts: by preprocessing; the network runs once for those that differ in the rest.
        forward: runs the network.
        images: uint8 [H,W,3] in BGR.
    """
    search, seen = Search(), 0
    views = _views_of(images, next(iter(contracts)), search)
    for image in track(views, "inferring the contract: faces in images"):
        for group in contracts.values():
            if seen >= DROPPED_AFTER and len(search.faces) >= MIN_IMAGES and not search.support.keys() & set(group):
                continue
            for contract, found in _faces_in(image, group, forward):
                search.add(contract, list(_again(image, found)))
        seen += 1
        if seen >= MIN_IMAGES and len(search.faces) >= ENOUGH_FACES:
            break
    search.faces.sort(key=lambda face: -face.quality)
    return search


def _views_of(images: Sequence[Image], spec: ImageInput, search: Search) -> Iterator[Image]:
    """The images; then their quarters, for small inputs as long as there are few faces."""
    yield from images
    if min(spec.height, spec.width) > ZOOMED_INPUT_PX:
        return
    for image in images[:MAX_ZOOMED]:
        if len(search.faces) >= FEW_FACES:
            return
        rows, columns = (max(8, round(side * 0.55)) for side in image.shape[:2])
        for top in (0, image.shape[0] - rows):
            for left in (0, image.shape[1] - columns):
                yield np.ascontiguousarray(image[top : top + rows, left : left + columns])


@dataclass(frozen=True)
class _Seen:
    """Strong faces of an image, with what was found in it and in its mirror image, in pixels of the image."""

    scores: NDArray[np.float32]
    faces: Candidates
    neighbors: Candidates
    again: Candidates


def _faces_in(
    image: Image, group: Sequence[DetectionContract], forward: Forward
) -> Iterator[tuple[DetectionContract, _Seen]]:
    plain, scale = run_at(image, group[0], forward, 1.0)
    other, other_scale = run_at(np.ascontiguousarray(image[:, ::-1]), group[0], forward, _MIRRORED_SIZE)
    height, width = image.shape[:2]
    for contract in group:
        listed = _inside(quality.strongest(plain, contract, _LISTED, scale), height, width)
        best = _kept(listed, contract.nms_iou)
        best = quality.chosen(best, best.scores >= _STRONG)
        if not len(best.scores):
            continue
        again = quality.mirrored(quality.strongest(other, contract, _LISTED, other_scale), width)
        again = _kept(_inside(again, height, width), contract.nms_iou)
        yield contract, _Seen(best.scores, best, listed, again)


def run_at(
    image: Image, contract: DetectionContract, forward: Forward, size: float
) -> tuple[Mapping[str, Array], float]:
    """The network's outputs for an image at the top left, at a share of the largest size that fits; and the scale."""
    spec = contract.input
    scale = along(fit((image.shape[0], image.shape[1]), spec.height, spec.width)[0])[0] * size
    rows, columns = (max(1, int(side * scale + 1e-6)) for side in image.shape[:2])
    if (rows, columns) != image.shape[:2]:
        interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        image = np.asarray(cv2.resize(image, (columns, rows), interpolation=interpolation), np.uint8)
    outputs = forward(contract, placed(image, spec))
    return {name: np.nan_to_num(array, posinf=0, neginf=0) for name, array in outputs.items()}, scale


def _again(image: Image, seen: _Seen) -> Iterator[FoundFace]:
    """The faces that the mirror image has too, and that look like faces."""
    if not len(seen.again.scores):
        return
    overlaps = iou_matrix(seen.faces.boxes, seen.again.boxes)
    partner = overlaps.argmax(axis=1)
    score = (
        quality.likeness(seen.faces)
        * quality.tightness(seen.faces.boxes, seen.neighbors.boxes)
        * quality.agreement(seen.faces, quality.chosen(seen.again, partner), overlaps.max(axis=1).astype(np.float64))
        * seen.scores
    )
    for index in np.flatnonzero(score > _MIN_QUALITY):
        yield FoundFace(image, seen.faces.boxes[index], float(score[index]))


def _kept(found: Candidates, max_iou: float) -> Candidates:
    return quality.chosen(found, suppress_overlaps(found.boxes, found.scores, max_iou))


def _inside(found: Candidates, height: int, width: int) -> Candidates:
    """Candidates whose center lies in the image, with boxes that end at its border."""
    limits = np.array([width, height] * 2, np.float32)
    centers = (found.boxes[:, :2] + found.boxes[:, 2:]) / 2
    inside = ((centers >= 0) & (centers < limits[:2])).all(axis=1)
    return Candidates(np.clip(found.boxes[inside], 0, limits), found.scores[inside], found.landmarks[inside])
