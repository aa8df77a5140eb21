"""Decoder of region proposals: anchors of Faster R-CNN at several strides, in maps of their own, with landmarks.

Sources: Ren et al., "Faster R-CNN" (NeurIPS 2015), section 3.1; Deng et al., "RetinaFace" (CVPR 2020), and the public
documentation of insightface's first models of it. Anchors are multiples of a base side about its middle, in whole
pixels that count both ends, and offsets have no variances. Scores are of background for each anchor, then of a face for
each. This file ships to boards as it is: Python 3.8, the standard library and numpy.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edgeface.tasks.detection.cells import (
    bounded_exp,
    cell_places,
    check_choice,
    check_number,
    check_strides,
    map_size,
    sigmoid,
    within_reach,
)
from edgeface.tasks.detection.decoding import Candidates, Documented, Recognized

_MAX_SCALE = 1 << 12


@dataclass(frozen=True)
class Rpn:
    """The parameters.

    Attributes:
        strides: in pixels, in the order of the outputs.
        scales: for each stride those of its square anchors, in multiples of `base`, in the order of the channels.
        base: the base side in pixels.
        landmarks: points of a face; without any there are no such outputs.
        landmark_scale: factor of the landmarks' offsets.
        score: "as-is", after the softmax, or "softmax" where the outputs are before it.
    """

    strides: tuple[int, ...] = (32, 16, 8)
    scales: tuple[tuple[float, ...], ...] = ((32, 16), (8, 4), (2, 1))
    base: int = 16
    landmarks: int = 5
    landmark_scale: float = 1.0
    score: str = "as-is"

    def __post_init__(self) -> None:
        """Check the parameters, which a contract's file gives.

        Raises:
            ValueError: they are not of these types, out of range, or not as many lists of scales as strides.
        """
        if len(self.scales) != len(self.strides):
            raise ValueError("each stride needs its own scales")
        for scales in self.scales:
            check_strides(self.strides, len(scales), self.landmarks)
            for scale in scales:
                check_number("a scale", scale, 1e-3, _MAX_SCALE)
        check_strides((self.base,))
        check_number("landmark_scale", self.landmark_scale, 1e-3, 1e3)
        check_choice("score", self.score, ("as-is", "softmax"))

    def expected(self, height: int, width: int) -> dict[str, tuple[int, ...]]:
        """Shapes of the maps [1,C,rows,columns]: scores, boxes and landmarks of each stride."""
        found: dict[str, tuple[int, ...]] = {}
        for role, channels in (("scores", 2), ("boxes", 4), ("landmarks", 2 * self.landmarks)):
            for index, stride in enumerate(self.strides if channels else ()):
                size = map_size(height, width, stride)
                found[f"{role}_{index}"] = (1, channels * len(self.scales[index]), *size)
        return found

    def decode(
        self, outputs: Mapping[str, NDArray[np.float32]], height: int, width: int, min_score: float
    ) -> Candidates:
        """Boxes and landmarks of the anchors that score `min_score` or more: stride, row, column, anchor."""
        levels = [self._level(outputs, index, (height, width), min_score) for index in range(len(self.strides))]
        return Candidates.joined(levels)

    def _level(
        self, outputs: Mapping[str, NDArray[np.float32]], index: int, size: tuple[int, int], min_score: float
    ) -> Candidates:
        count = len(self.scales[index])
        pairs = outputs[f"scores_{index}"][0].reshape(2, count, -1)  # background of each anchor, face of each
        faces = sigmoid(within_reach(pairs[1]) - within_reach(pairs[0])) if self.score == "softmax" else pairs[1]
        scores = faces.T.reshape(-1)
        keep = np.flatnonzero(scores >= min_score)
        places = cell_places(*map_size(*size, self.strides[index]), count)[keep] * np.float32(self.strides[index])
        centers = places + np.float32((self.base - 1) / 2)
        sides = (np.array(self.scales[index], np.float32) * self.base)[keep % count][:, None]
        offsets = _rows(outputs[f"boxes_{index}"], count, 4)[keep]
        middles = centers + offsets[:, :2] * sides
        halves = (bounded_exp(offsets[:, 2:]) * sides - 1) / 2
        landmarks = np.zeros((len(keep), 0, 2), np.float32)
        if self.landmarks:
            moved = _rows(outputs[f"landmarks_{index}"], count, 2 * self.landmarks)[keep]
            points = moved.reshape(len(keep), self.landmarks, 2) * np.float32(self.landmark_scale)
            landmarks = centers[:, None] + points * sides[:, None]
        return Candidates(np.concatenate([middles - halves, middles + halves], axis=1), scores[keep], landmarks)


DECODER = Rpn

INPUTS = (Documented("rgb", (0.0, 0.0, 0.0), (1.0, 1.0, 1.0), "insightface, RetinaFace on MXNet"),)


def recognized(outputs: Mapping[str, tuple[int, ...]], height: int, width: int) -> list[Recognized]:
    """Maps of the public models' strides with two anchors: 4, 8 and maybe 4K channels each."""
    if not outputs or any(len(shape) != 4 or shape[0] != 1 for shape in outputs.values()):
        return []
    by_channels: dict[int, list[str]] = {}
    for name in sorted(outputs, key=lambda name: outputs[name][2] * outputs[name][3]):
        by_channels.setdefault(outputs[name][1], []).append(name)
    wide = [channels for channels in by_channels if channels not in (4, 8)]
    if not {4, 8} <= set(by_channels) or len(wide) > 1 or any(channels % 4 or channels < 12 for channels in wide):
        return []
    decoder = Rpn(landmarks=wide[0] // 4 if wide else 0)
    roles = {"scores": by_channels[4], "boxes": by_channels[8], **({"landmarks": by_channels[wide[0]]} if wide else {})}
    flat = {f"{role}_{index}": outputs[name] for role, names in roles.items() for index, name in enumerate(names)}
    if flat != decoder.expected(height, width):
        return []
    parameters = {} if decoder.landmarks == Rpn.landmarks else {"landmarks": decoder.landmarks}
    return [Recognized(parameters, {role: tuple(names) for role, names in roles.items()})]


def _rows(maps: NDArray[np.float32], count: int, columns: int) -> NDArray[np.float32]:
    """A map's channels by cell and anchor: float32 [rows·columns·count,columns]."""
    return within_reach(maps[0].reshape(count, columns, -1).transpose(2, 0, 1).reshape(-1, columns))
