"""YuNet decoder (2022 and later): offsets from the cells of each stride, with two scores a cell.

Source: Wu, Peng and Yu, "YuNet: A Tiny Millisecond-level Face Detector" (Machine Intelligence Research, 2023), and the
public documentation of libfacedetection.train. A cell's point is its upper left corner, without half a cell; a face's
score is the geometric mean of its class's and its objectness. This file ships to boards as it is: Python 3.8, the
standard library and numpy.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

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
    sigmoid,
    strides_of,
    tables,
    within_reach,
)
from edgeface.tasks.detection.decoding import Candidates, Documented, Recognized


@dataclass(frozen=True)
class YuNet:
    """The parameters.

    Attributes:
        strides: in pixels, in the order of the outputs.
        offset: of a cell's point from its upper left corner, in cells.
        maps: whether maps have the partial cells at the border ("ceil") or not ("floor").
        score: "sqrt-product" of both scores, or "sigmoid" where the outputs are before it.
        landmarks: points of a face; without any there are no such outputs.
    """

    strides: tuple[int, ...] = (8, 16, 32)
    offset: float = 0.0
    maps: str = "ceil"
    score: str = "sqrt-product"
    landmarks: int = 5

    def __post_init__(self) -> None:
        """Check the parameters, which a contract's file gives.

        Raises:
            ValueError: they are not of these types, or out of range.
        """
        check_strides(self.strides, 1, self.landmarks)
        check_number("offset", self.offset, -1, 1)
        check_choice("maps", self.maps, ("ceil", "floor"))
        check_choice("score", self.score, ("sqrt-product", "as-is", "sigmoid"))

    def expected(self, height: int, width: int) -> dict[str, tuple[int, ...]]:
        """Shapes of the outputs: of each stride the class's and object's scores, box and landmarks of each cell."""
        shapes: dict[str, tuple[int, ...]] = {}
        for role, columns in (("classes", 1), ("objects", 1), ("boxes", 4), ("landmarks", 2 * self.landmarks)):
            for index, stride in enumerate(self.strides if columns else ()):
                rows, along = map_size(height, width, stride, self.maps)
                shapes[f"{role}_{index}"] = (1, rows * along, columns)
        return shapes

    def decode(
        self, outputs: Mapping[str, NDArray[np.float32]], height: int, width: int, min_score: float
    ) -> Candidates:
        """Boxes and landmarks of the cells that score `min_score` or more: stride, row, column."""
        levels = [self._level(outputs, index, (height, width), min_score) for index in range(len(self.strides))]
        return Candidates.joined(levels)

    def _level(
        self, outputs: Mapping[str, NDArray[np.float32]], index: int, size: tuple[int, int], min_score: float
    ) -> Candidates:
        stride = np.float32(self.strides[index])
        scores = np.sqrt(self._part(outputs[f"classes_{index}"]) * self._part(outputs[f"objects_{index}"]))
        keep = np.flatnonzero(scores >= min_score)
        places = cell_places(*map_size(*size, self.strides[index], self.maps))[keep]
        points = places + np.float32(self.offset)
        offsets = within_reach(outputs[f"boxes_{index}"][0, keep])
        centers, sides = (points + offsets[:, :2]) * stride, bounded_exp(offsets[:, 2:]) * stride
        boxes = np.concatenate([centers - sides / 2, centers + sides / 2], axis=1)
        landmarks = np.zeros((len(keep), 0, 2), np.float32)
        if self.landmarks:
            moved = within_reach(outputs[f"landmarks_{index}"][0, keep]).reshape(-1, self.landmarks, 2)
            landmarks = (points[:, None, :] + moved) * stride
        return Candidates(boxes, scores[keep], landmarks)

    def _part(self, scores: NDArray[np.float32]) -> NDArray[np.float32]:
        given = sigmoid(scores) if self.score == "sigmoid" else scores
        return np.clip(given[0, :, 0], 0, 1)


DECODER = YuNet

INPUTS = (Documented("bgr", (0.0, 0.0, 0.0), (1.0, 1.0, 1.0), "libfacedetection.train, OpenCV Zoo"),)


def recognized(outputs: Mapping[str, tuple[int, ...]], height: int, width: int) -> list[Recognized]:
    """For each of several strides two tables 1 wide, one 4 wide and maybe one 2K wide, of one row a cell.

    Which of the two is the class's score does not matter to their product.
    """
    found = tables(outputs)
    wide = [columns for columns in found if columns not in (1, 4)]
    scores, boxes = found.get(1, []), found.get(4, [])
    roles = {"classes": scores[::2], "objects": scores[1::2], "boxes": boxes}
    if wide and wide[0] % 2 == 0 and 6 <= wide[0] <= 2 * MAX_LANDMARKS:
        roles["landmarks"] = found[wide[0]]
    counts = [count for count, _ in boxes]
    if len(boxes) < 2 or sum(map(len, roles.values())) != len(outputs):
        return []
    if any([count for count, _ in rows] != counts for rows in roles.values()):
        return []
    for maps in ("ceil", "floor"):
        strides = strides_of(counts, height, width, 1, maps)
        if strides is not None:
            usual = YuNet(strides, maps=maps, landmarks=wide[0] // 2 if wide else 0)
            parameters = {key: item for key, item in vars(usual).items() if item != getattr(YuNet(), key)}
            return [Recognized(parameters, {role: tuple(name for _, name in rows) for role, rows in roles.items()})]
    return []
