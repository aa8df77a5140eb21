"""Decoder of YuNet's first version (2021): SSD offsets of a box and landmarks in one table, and a predicted overlap.

Sources: the public documentation of libfacedetection.train (2021) and of OpenCV's FaceDetectorYN of that time; the SSD
parametrization (Liu et al., ECCV 2016, section 2.2). Maps are repeated halvings of the input, the first rounded up, the
others down; a face's score is the geometric mean of its class's and its predicted overlap. This file ships to boards
as it is: Python 3.8, the standard library and numpy.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from edgeface.tasks.detection.cells import (
    MAX_LANDMARKS,
    bounded_exp,
    cell_places,
    check_choice,
    check_number,
    check_strides,
    map_size,
    tables,
    within_reach,
)
from edgeface.tasks.detection.decoding import Candidates, Documented, Recognized


@dataclass(frozen=True)
class YuNet2021:
    """The parameters.

    Attributes:
        strides: in pixels, powers of two, in the order of the priors.
        sizes: sides of the square priors of each stride, in pixels.
        variances: of centers and landmarks, and of sizes.
        maps: whether halvings of the input are rounded down ("floor") or up ("ceil"); the first is always rounded up.
        score: "sqrt-product" of the class's and the predicted overlap, the only one.
        landmarks: points of a face.
    """

    strides: tuple[int, ...] = (8, 16, 32, 64)
    sizes: tuple[tuple[int, ...], ...] = ((10, 16, 24), (32, 48), (64, 96), (128, 192, 256))
    variances: tuple[float, float] = (0.1, 0.2)
    maps: str = "floor"
    score: str = "sqrt-product"
    landmarks: int = 5

    def __post_init__(self) -> None:
        """Check the parameters, which a contract's file gives.

        Raises:
            ValueError: they are not of these types, out of range, or not as many sizes as strides.
        """
        check_strides(self.strides, 1, self.landmarks)
        if any(stride & (stride - 1) or stride < 2 for stride in self.strides):
            raise ValueError("strides are powers of two")
        if len(self.strides) != len(self.sizes) or len(self.variances) != 2:
            raise ValueError("each stride needs its own sizes, and there are two variances")
        for sides in self.sizes:
            check_strides(sides)
        for variance in self.variances:
            check_number("a variance", variance, 1e-6, 1e3)
        check_choice("maps", self.maps, ("ceil", "floor"))
        check_choice("score", self.score, ("sqrt-product", "as-is"))

    def expected(self, height: int, width: int) -> dict[str, tuple[int, ...]]:
        """Shapes of the outputs: offsets of boxes and landmarks, scores after softmax, predicted overlaps."""
        count = 0
        for stride, sides in zip(self.strides, self.sizes):  # noqa: B905, as Python 3.8 has no strict
            rows, along = _map(height, width, stride, self.maps)
            count += rows * along * len(sides)
        return {"boxes": (1, count, 4 + 2 * self.landmarks), "scores": (1, count, 2), "overlaps": (1, count, 1)}

    def decode(
        self, outputs: Mapping[str, NDArray[np.float32]], height: int, width: int, min_score: float
    ) -> Candidates:
        """Boxes and landmarks of the priors that score `min_score` or more: stride, row, column, size."""
        parts = outputs["scores"][0, :, 1], outputs["overlaps"][0, :, 0]
        scores = np.sqrt(np.clip(parts[0], 0, 1) * np.clip(parts[1], 0, 1))
        keep = np.flatnonzero(scores >= min_score)
        points, sides = (part[keep] for part in _priors(self.strides, self.sizes, self.maps, height, width))
        offsets = within_reach(outputs["boxes"][0, keep])
        moved, factor = np.float32(self.variances[0]) * sides, np.float32(self.variances[1])
        centers, grown = points + offsets[:, :2] * moved, sides * bounded_exp(offsets[:, 2:4] * factor)
        boxes = np.concatenate([centers - grown / 2, centers + grown / 2], axis=1)
        places = offsets[:, 4:].reshape(len(keep), self.landmarks, 2)
        return Candidates(boxes, scores[keep], points[:, None] + places * moved[:, None])


DECODER = YuNet2021

INPUTS = (Documented("bgr", (0.0, 0.0, 0.0), (1.0, 1.0, 1.0), "libfacedetection.train, OpenCV Zoo"),)


def recognized(outputs: Mapping[str, tuple[int, ...]], height: int, width: int) -> list[Recognized]:
    """Three tables of one length, 2, 1 and 4 + 2K wide, as long as the public priors' number."""
    found = tables(outputs)
    wide = [columns for columns in found if columns not in (1, 2)]
    if len(outputs) != 3 or len(found) != 3 or len(wide) != 1 or not {1, 2} <= set(found):
        return []
    if wide[0] % 2 or not 10 <= wide[0] <= 2 * MAX_LANDMARKS:
        return []
    roles = {"boxes": found[wide[0]][0], "scores": found[2][0], "overlaps": found[1][0]}
    for maps in ("floor", "ceil"):
        usual = YuNet2021(maps=maps, landmarks=wide[0] // 2 - 2)
        count = usual.expected(height, width)["boxes"][1]
        if all(rows == count for rows, _ in roles.values()):
            parameters = {key: item for key, item in vars(usual).items() if item != getattr(YuNet2021(), key)}
            return [Recognized(parameters, {role: name for role, (_, name) in roles.items()})]
    return []


def _map(height: int, width: int, stride: int, maps: str) -> tuple[int, int]:
    """Rows and columns after halvings."""
    if maps == "ceil":
        return map_size(height, width, stride)
    return map_size((height + 1) // 2, (width + 1) // 2, stride // 2, "floor")


@lru_cache(maxsize=16)
def _priors(
    strides: tuple[int, ...], sizes: tuple[tuple[int, ...], ...], maps: str, height: int, width: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Centers and sides of the priors in pixels, float32 [N,2] each: a prior stands at its cell's center."""
    points, sides = [], []
    for index, stride in enumerate(strides):
        places = cell_places(*_map(height, width, stride, maps), len(sizes[index]))
        points.append((places + np.float32(0.5)) * np.float32(stride))
        sides.append(np.tile(np.array(sizes[index], np.float32), len(places) // len(sizes[index])))
    return np.concatenate(points), np.repeat(np.concatenate(sides)[:, None], 2, axis=1)
