"""How certain a network is, under each contract, of the same faces at many sizes; and paired comparisons of that."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from edgeface.contracts import DetectionContract, ImageInput
from edgeface.core.progress import track
from edgeface.graph.types import Array
from edgeface.images.files import placed
from edgeface.tasks.detection import face_quality as quality
from edgeface.tasks.detection.face_mosaic import Mosaic, Tile
from edgeface.tasks.detection.nms import iou_matrix
from edgeface.tasks.task import Forward

MIN_P = 0.02
_FLOOR, _MIN_DEVIATION = 0.05, 0.3
_RESPONDING = 0.4
Floats = NDArray[np.float64]


def certainties(
    contracts: Mapping[ImageInput, Sequence[DetectionContract]],
    forward: Forward,
    shown: Sequence[Mosaic],
    faces: int,
) -> dict[DetectionContract, Floats]:
    """The mean log-odds of each face over its sizes, under each contract.

    Args:
        contracts: by preprocessing; the network runs once for those that differ in the rest.
        forward: runs the network.
        shown: the faces.
        faces: their number.

    Returns:
        float64 [faces] for each contract, NaN for a face that no mosaic shows; at least log-odds of 2 %.
    """
    sums = {contract: np.zeros(faces) for group in contracts.values() for contract in group}
    counts = np.bincount([tile.face for mosaic in shown for tile in mosaic.tiles], minlength=faces)
    for spec, group in track(contracts.items(), "inferring the contract: preprocessing"):
        for mosaic in shown:
            outputs = forward(group[0], placed(mosaic.image, spec))
            outputs = {name: np.nan_to_num(array, posinf=0, neginf=0) for name, array in outputs.items()}
            for contract in group:
                np.add.at(sums[contract], [t.face for t in mosaic.tiles], _log_odds(outputs, contract, mosaic.tiles))
    with np.errstate(invalid="ignore"):
        return {contract: total / np.where(counts, counts, np.nan) for contract, total in sums.items()}


def _log_odds(outputs: Mapping[str, Array], contract: DetectionContract, tiles: Sequence[Tile]) -> Floats:
    """Of each face: its best candidate's score, less where it is not in the place or not shaped as a face."""
    found = quality.strongest(outputs, contract, MIN_P)
    wanted = np.array([tile.box for tile in tiles], np.float32)
    overlaps = iou_matrix(wanted, found.boxes).astype(np.float64)
    in_place = np.clip((overlaps - 0.4) / 0.15, 0, 1)
    worth = in_place * np.minimum(1, 2 * quality.likeness(found)) * found.scores
    if not len(found.scores):
        return np.full(len(tiles), _logit(np.float64(MIN_P)))
    best = worth.argmax(axis=1)
    tight = quality.tightness(found.boxes[best], found.boxes[found.scores >= _RESPONDING])
    alone = found.scores[best] < _RESPONDING
    p = worth.max(axis=1) * np.where(alone, 1.0, tight)
    return np.asarray(_logit(np.clip(p, MIN_P, 1 - MIN_P)), np.float64)


def _logit(p: Floats | np.float64) -> Floats:
    return np.asarray(np.log(p / (1 - p)), np.float64)


def margin(one: Floats, other: Floats) -> float:
    """Standard errors by which one contract is more certain of the same faces than another.

    A least deviation keeps a few similar faces from looking certain; with less than two faces nothing is.
    """
    differences = one - other
    differences = differences[~np.isnan(differences)]
    if len(differences) < 2:
        return 0.0
    deviation = max(float(differences.std(ddof=1)), _MIN_DEVIATION)
    return float(differences.mean() / (deviation / math.sqrt(len(differences)) + _FLOOR))


def gain(one: Floats, other: Floats) -> float:
    """The mean difference of the log-odds; 0 where there are no faces."""
    differences = one - other
    return float(np.nanmean(differences)) if np.any(~np.isnan(differences)) else 0.0
