"""SCRFD decoder: distances from anchor points to the sides of a box, as in FCOS, and landmarks, at each stride.

Sources: Guo et al., "Sample and Computation Redistribution for Efficient Face Detection" (ICLR 2022), and Tian et al.,
"FCOS" (ICCV 2019), section 3.1. The public models have two anchors a cell, which stand at the cell's upper left corner,
distances in strides, and scores after the sigmoid. This file ships to boards as it is: Python 3.8, the standard
library and numpy.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edgeface.tasks.detection.cells import (
    MAX_LANDMARKS,
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

_PER_CELL = (2, 1, 3)


@dataclass(frozen=True)
class Scrfd:
    """The parameters.

    Attributes:
        strides: in pixels, in the order of the outputs.
        per_cell: anchors of each cell.
        offset: of an anchor from its cell's upper left corner, in cells: 0.5 is its center.
        maps: whether maps have the partial cells at the border ("ceil") or not ("floor").
        units: of distances and landmarks: "stride" or "pixel".
        score: "as-is", or "sigmoid" where the outputs are before it.
        landmarks: points of a face; without any there are no such outputs.
    """

    strides: tuple[int, ...] = (8, 16, 32)
    per_cell: int = 2
    offset: float = 0.0
    maps: str = "ceil"
    units: str = "stride"
    score: str = "as-is"
    landmarks: int = 5

    def __post_init__(self) -> None:
        """Check the parameters, which a contract's file gives.

        Raises:
            ValueError: they are not of these types, or out of range.
        """
        check_strides(self.strides, self.per_cell, self.landmarks)
        check_number("offset", self.offset, -1, 1)
        check_choice("maps", self.maps, ("ceil", "floor"))
        check_choice("units", self.units, ("stride", "pixel"))
        check_choice("score", self.score, ("as-is", "sigmoid"))

    def expected(self, height: int, width: int) -> dict[str, tuple[int, ...]]:
        """Shapes of the outputs: scores, distances and landmarks of each stride."""
        shapes: dict[str, tuple[int, ...]] = {}
        for role, columns in (("scores", 1), ("boxes", 4), ("landmarks", 2 * self.landmarks)):
            for index, stride in enumerate(self.strides if columns else ()):
                rows, along = map_size(height, width, stride, self.maps)
                shapes[f"{role}_{index}"] = (1, rows * along * self.per_cell, columns)
        return shapes

    def decode(
        self, outputs: Mapping[str, NDArray[np.float32]], height: int, width: int, min_score: float
    ) -> Candidates:
        """Boxes and landmarks of the anchors that score `min_score` or more: stride, row, column, anchor."""
        levels = [self._level(outputs, index, (height, width), min_score) for index in range(len(self.strides))]
        return Candidates.joined(levels)

    def _level(
        self, outputs: Mapping[str, NDArray[np.float32]], index: int, size: tuple[int, int], min_score: float
    ) -> Candidates:
        stride = self.strides[index]
        scores = outputs[f"scores_{index}"][0, :, 0]
        scores = sigmoid(scores) if self.score == "sigmoid" else scores
        keep = np.flatnonzero(scores >= min_score)
        unit = np.float32(stride if self.units == "stride" else 1)
        places = cell_places(*map_size(*size, stride, self.maps), self.per_cell)[keep]
        points = (places + np.float32(self.offset)) * np.float32(stride)
        sides = within_reach(outputs[f"boxes_{index}"][0, keep]) * unit
        boxes = np.concatenate([points - sides[:, :2], points + sides[:, 2:]], axis=1)
        return Candidates(boxes, scores[keep], self._landmarks(outputs, index, keep, points, unit))

    def _landmarks(
        self,
        outputs: Mapping[str, NDArray[np.float32]],
        index: int,
        keep: NDArray[np.int64],
        points: NDArray[np.float32],
        unit: np.float32,
    ) -> NDArray[np.float32]:
        if not self.landmarks:
            return np.zeros((len(keep), 0, 2), np.float32)
        offsets = outputs[f"landmarks_{index}"][0, keep].reshape(-1, self.landmarks, 2)
        return np.asarray(points[:, None, :] + within_reach(offsets) * unit, np.float32)


DECODER = Scrfd

INPUTS = (Documented("rgb", (127.5, 127.5, 127.5), (1 / 128,) * 3, "insightface, detection/scrfd"),)


def recognized(outputs: Mapping[str, tuple[int, ...]], height: int, width: int) -> list[Recognized]:
    """Tables 1, 4 and maybe 2K wide, one of each for each of several strides, as long as some anchors per cell make."""
    found = tables(outputs)
    wide = [columns for columns in found if columns not in (1, 4)]
    if sum(map(len, found.values())) != len(outputs) or len(found.get(4, ())) < 2 or 1 not in found or len(wide) > 1:
        return []
    roles = {"scores": found[1], "boxes": found[4], **({"landmarks": found[wide[0]]} if wide else {})}
    counts = [count for count, _ in found[4]]
    if any([count for count, _ in rows] != counts for rows in roles.values()) or (wide and not _are_points(wide[0])):
        return []
    names = {role: tuple(name for _, name in rows) for role, rows in roles.items()}
    return [Recognized(parameters, names) for parameters in _explanations(counts, (height, width), wide)]


def _are_points(columns: int) -> bool:
    return columns % 2 == 0 and 6 <= columns <= 2 * MAX_LANDMARKS


def _explanations(counts: Sequence[int], size: tuple[int, int], wide: Sequence[int]) -> list[dict[str, object]]:
    """Parameters whose numbers of anchors are these; two anchors a cell, the public models' number, come first."""
    for maps in ("ceil", "floor"):
        for per_cell in _PER_CELL:
            strides = strides_of(counts, *size, per_cell, maps)
            if strides is not None:
                usual = Scrfd(strides, per_cell, maps=maps, landmarks=wide[0] // 2 if wide else 0)
                return [{key: item for key, item in vars(usual).items() if item != getattr(Scrfd(), key)}]
    return []
