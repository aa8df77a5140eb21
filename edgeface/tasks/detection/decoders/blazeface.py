"""BlazeFace decoder: offsets in pixels from the centers of cells, with six landmarks.

Sources: Bazarevsky et al., "BlazeFace: Sub-millisecond Neural Face Detection on Mobile GPUs" (2019), and MediaPipe's
documented anchor and tensor options of its short-range, back and full-range models. All anchors have size 1, so that
offsets and sizes are in pixels of the input; scores are before the sigmoid. The landmarks are the eyes at the image's
left and right, the nose, the mouth's center, and the ears at the image's left and right. This file ships to boards as
it is: Python 3.8, the standard library and numpy.
"""

from __future__ import annotations

from collections.abc import Mapping
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
    tables,
    within_reach,
)
from edgeface.tasks.detection.decoding import Candidates, Documented, Recognized

_LAYOUTS = (((8, 16), (2, 6)), ((16, 32), (2, 6)), ((4,), (1,)))
"""Strides and anchors per cell of the public models: short-range (front), back, full-range."""


@dataclass(frozen=True)
class BlazeFace:
    """The parameters.

    Attributes:
        strides: in pixels, in the order of the outputs.
        per_cell: anchors of each cell, for each stride.
        offset: of an anchor from its cell's upper left corner, in cells.
        unit: pixels of the input that 1 is in the outputs; 0 for shares of the input's sides.
        score: "sigmoid", or "as-is" where the outputs are after it.
        split: whether each stride has outputs of its own.
        landmarks: points of a face.
    """

    strides: tuple[int, ...] = (8, 16)
    per_cell: tuple[int, ...] = (2, 6)
    offset: float = 0.5
    unit: float = 1.0
    score: str = "sigmoid"
    split: bool = False
    landmarks: int = 6

    def __post_init__(self) -> None:
        """Check the parameters, which a contract's file gives.

        Raises:
            ValueError: they are not of these types, out of range, or not as many anchors per cell as strides.
        """
        if len(self.per_cell) != len(self.strides):
            raise ValueError("each stride needs its own number of anchors per cell")
        for count in self.per_cell:
            check_strides(self.strides, count, self.landmarks)
        check_number("offset", self.offset, -1, 1)
        check_number("unit", self.unit, 0, 1e4)
        check_choice("score", self.score, ("as-is", "sigmoid"))

    def expected(self, height: int, width: int) -> dict[str, tuple[int, ...]]:
        """Shapes of the outputs: scores, and boxes with landmarks, of all strides or of each."""
        counts = _counts(self.strides, self.per_cell, height, width)
        found: dict[str, tuple[int, ...]] = {}
        for role, columns in (("scores", 1), ("boxes", 4 + 2 * self.landmarks)):
            if self.split:
                found.update({f"{role}_{index}": (1, count, columns) for index, count in enumerate(counts)})
            else:
                found[role] = (1, sum(counts), columns)
        return found

    def decode(
        self, outputs: Mapping[str, NDArray[np.float32]], height: int, width: int, min_score: float
    ) -> Candidates:
        """Boxes and landmarks of the anchors that score `min_score` or more: stride, row, column, anchor."""
        scores = self._whole(outputs, "scores")[:, 0]
        scores = sigmoid(scores) if self.score == "sigmoid" else scores
        keep = np.flatnonzero(scores >= min_score)
        unit = np.array([self.unit or width, self.unit or height], np.float32)
        pairs = within_reach(self._whole(outputs, "boxes")[keep]).reshape(-1, 2 + self.landmarks, 2) * unit
        points = self._points(height, width)[keep]
        centers, sides = points + pairs[:, 0], np.abs(pairs[:, 1])
        boxes = np.concatenate([centers - sides / 2, centers + sides / 2], axis=1)
        return Candidates(boxes, scores[keep], points[:, None] + pairs[:, 2:])

    def _whole(self, outputs: Mapping[str, NDArray[np.float32]], role: str) -> NDArray[np.float32]:
        names = [f"{role}_{index}" for index in range(len(self.strides))] if self.split else [role]
        return np.concatenate([outputs[name][0] for name in names])

    def _points(self, height: int, width: int) -> NDArray[np.float32]:
        """Centers of all anchors in pixels, float32 [N,2]."""
        levels = []
        for stride, count in zip(self.strides, self.per_cell):  # noqa: B905, as Python 3.8 has no strict
            places = cell_places(*map_size(height, width, stride), count)
            levels.append((places + np.float32(self.offset)) * np.float32(stride))
        return np.concatenate(levels)


DECODER = BlazeFace

INPUTS = (
    Documented("rgb", (127.5, 127.5, 127.5), (1 / 127.5,) * 3, "MediaPipe"),
    Documented("rgb", (0.0, 0.0, 0.0), (1 / 255,) * 3, "public PyTorch trainings of the back model"),
)


def recognized(outputs: Mapping[str, tuple[int, ...]], height: int, width: int) -> list[Recognized]:
    """Tables 1 and 4 + 2K wide, one of each or one of each per stride, as long as a public model's anchors."""
    found = tables(outputs)
    wide = [columns for columns in found if columns != 1]
    if len(found) != 2 or len(wide) != 1 or wide[0] % 2 or not 6 <= wide[0] <= 2 * MAX_LANDMARKS:
        return []
    if 1 not in found or len(found[1]) + len(found[wide[0]]) != len(outputs):
        return []
    roles = {"scores": found[1], "boxes": found[wide[0]]}
    for strides, per_cell in _LAYOUTS:
        counts = _counts(strides, per_cell, height, width)
        for split in (False, True):
            lengths = counts if split else [sum(counts)]
            if all([rows for rows, _ in role] == lengths for role in roles.values()):
                usual = BlazeFace(strides, per_cell, split=split, landmarks=wide[0] // 2 - 2)
                parameters = {key: item for key, item in vars(usual).items() if item != getattr(BlazeFace(), key)}
                names = {role: tuple(name for _, name in rows) for role, rows in roles.items()}
                return [Recognized(parameters, {r: n if split else n[0] for r, n in names.items()})]
    return []


def _counts(strides: tuple[int, ...], per_cell: tuple[int, ...], height: int, width: int) -> list[int]:
    """Anchors of each stride."""
    found = []
    for stride, count in zip(strides, per_cell):  # noqa: B905, as Python 3.8 has no strict
        rows, columns = map_size(height, width, stride)
        found.append(rows * columns * count)
    return found
