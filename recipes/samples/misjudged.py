"""Where a student and its teacher disagree about faces of portraits; found once and kept."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from faces import detect
from images import Images
from numpy.typing import NDArray
from views import HELD_OUT_EVERY

from edgeface.contracts import DetectionContract
from edgeface.tasks.detection.faces import Face, face_boxes
from edgeface.tasks.detection.match import MIN_IOU, MIN_SCORE
from edgeface.tasks.detection.nms import iou_matrix

INPUT = (480, 480)
"""Portraits are judged in 480×640 pixels, and are square."""

LOOKED_AT_EVERY = 3
"""Of the portraits one in three is looked at, which takes minutes and finds hundreds of such faces."""

_MARGIN = 0.15

Points = dict[int, list[tuple[float, float]]]


def find_misjudged(
    images: Images, contract: DetectionContract, teacher: torch.nn.Module, student: torch.nn.Module, kept: Path
) -> Points:
    """Middles of faces that one of both does not see, or hardly, by the number of a portrait that is not held out.

    Args:
        images: where to look.
        contract: of both networks.
        teacher: its faces are right.
        student: with scores at which it finds as many faces.
        kept: a file .npz that is read where it exists, else written.
    """
    if not kept.is_file():
        rows = _find(images, contract.with_input_size(*INPUT), teacher, student)
        kept.parent.mkdir(parents=True, exist_ok=True)
        unfinished = kept.with_suffix(".part.npz")
        np.savez(unfinished, rows=rows)
        unfinished.replace(kept)
    found: Points = {}
    with np.load(kept) as stored:
        for number, x, y in stored["rows"].tolist():
            found.setdefault(int(number), []).append((x, y))
    return found


def _find(
    images: Images, contract: DetectionContract, teacher: torch.nn.Module, student: torch.nn.Module
) -> NDArray[np.float64]:
    rows: list[tuple[float, float, float]] = []
    for number in range(len(images.portraits)):
        if number % LOOKED_AT_EVERY or number % HELD_OUT_EVERY == 0:
            continue
        image, low = images.portraits[number], MIN_SCORE - _MARGIN
        wanted, found = (detect(network, contract, image, low) for network in (teacher, student))
        sure = [face for face in wanted if face.score >= MIN_SCORE]
        missed = _alone(sure, [face for face in found if face.score >= MIN_SCORE + _MARGIN])
        for face in (*missed, *_alone(found, sure)):
            rows.append((number, (face.box[0] + face.box[2]) / 2, (face.box[1] + face.box[3]) / 2))
    return np.array(rows, np.float64).reshape(-1, 3)


def _alone(faces: Sequence[Face], others: Sequence[Face]) -> list[Face]:
    """Those faces that none of the others overlaps."""
    if not faces or not others:
        return list(faces)
    best = iou_matrix(face_boxes(faces), face_boxes(others)).max(axis=1)
    return [face for face, overlap in zip(faces, best, strict=True) if overlap < MIN_IOU]
