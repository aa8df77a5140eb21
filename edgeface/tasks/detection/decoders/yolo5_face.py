"""YOLOv5-face decoder: boxes and landmarks from anchors of several sides, raw or decoded in the graph.

Sources: Qi et al., "YOLO5Face: Why Reinventing a Face Detector" (ECCV Workshops 2022), section 3, and the public
documentation of YOLOv5's box parametrization. Of each anchor there are box, objectness, landmarks and class, in this
order; a face's score is objectness times class. This file ships to boards as it is: Python 3.8, the standard library
and numpy.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

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
    within_reach,
)
from edgeface.tasks.detection.decoding import Candidates, Documented, Recognized

_MAX_SIDE_PX = 1 << 16
_P6 = (
    ((6, 7), (9, 11), (13, 16)),
    ((18, 23), (26, 33), (37, 47)),
    ((54, 67), (77, 104), (112, 154)),
    ((174, 238), (258, 355), (445, 568)),
)
"""Anchors of the public trainings with a fourth stride."""


@dataclass(frozen=True)
class Yolo5Face:
    """The parameters.

    Attributes:
        strides: in pixels, in the order of the outputs.
        anchors: widths and heights in pixels of each stride's anchors, in pairs or, as YOLO's files have them, in one
            list.
        layout: "cells", a map [1,A,rows,columns,C] per stride; "channels", a map [1,A·C,rows,columns] per stride; or
            "rows", one table [1,N,C] in which all is decoded, in pixels.
        landmarks: points of a face.
    """

    strides: tuple[int, ...] = (8, 16, 32)
    anchors: tuple[tuple[float | tuple[float, float], ...], ...] = (
        ((4, 5), (8, 10), (13, 16)),
        ((23, 29), (43, 55), (73, 105)),
        ((146, 217), (231, 300), (335, 433)),
    )
    layout: str = "cells"
    landmarks: int = 5

    def __post_init__(self) -> None:
        """Check the parameters, which a contract's file gives.

        Raises:
            ValueError: they are not of these types, out of range, or not as many lists of anchors as strides.
        """
        if len(self.anchors) != len(self.strides):
            raise ValueError("each stride needs its own anchors")
        for index in range(len(self.strides)):
            anchors = self._anchors(index)
            check_strides(self.strides, len(anchors), self.landmarks)
            for side in (side for anchor in anchors for side in anchor):
                check_number("an anchor's side", side, 1e-3, _MAX_SIDE_PX)
        check_choice("layout", self.layout, ("cells", "channels", "rows"))

    @property
    def raw_scores(self) -> bool:
        """Whether the outputs hold scores in front of a sigmoid."""
        return self.layout != "rows"

    def _anchors(self, index: int) -> list[tuple[float, float]]:
        """Widths and heights of a stride's anchors.

        Raises:
            ValueError: they are not in pairs.
        """
        numbers: list[float] = []
        for item in self.anchors[index]:
            numbers.extend(item if isinstance(item, tuple) else (item,))
        if len(numbers) % 2 or any(isinstance(item, tuple) and len(item) != 2 for item in self.anchors[index]):
            raise ValueError("an anchor is a width and a height")
        return list(zip(numbers[::2], numbers[1::2]))  # noqa: B905, as Python 3.8 has no strict

    def expected(self, height: int, width: int) -> dict[str, tuple[int, ...]]:
        """Shapes of the outputs: a map of each stride, or one table."""
        found: dict[str, tuple[int, ...]] = {}
        columns, count = 6 + 2 * self.landmarks, 0
        for index, stride in enumerate(self.strides):
            anchors = self._anchors(index)
            rows, along = map_size(height, width, stride)
            count += rows * along * len(anchors)
            found[f"maps_{index}"] = (1, len(anchors) * columns, rows, along)
            if self.layout == "cells":
                found[f"maps_{index}"] = (1, len(anchors), rows, along, columns)
        return {"rows": (1, count, columns)} if self.layout == "rows" else found

    def decode(
        self,
        outputs: Mapping[str, NDArray[np.float32]],
        height: int,  # noqa: ARG002
        width: int,  # noqa: ARG002
        min_score: float,
    ) -> Candidates:
        """Boxes and landmarks of the anchors that score `min_score` or more.

        Their order is a raw map's, stride, anchor, row, column, or that of the table.
        """
        if self.layout == "rows":
            table = outputs["rows"][0]
            keep, scores = _likely(table[:, 4], table[:, -1], min_score)
            table = within_reach(table[keep])
            points = table[:, 5:-1].reshape(len(keep), self.landmarks, 2)
            return Candidates(_boxes(table[:, :2], table[:, 2:4]), scores, points)
        levels = [self._level(outputs[f"maps_{index}"], index, min_score) for index in range(len(self.strides))]
        return Candidates.joined(levels)

    def _level(self, raw: NDArray[np.float32], index: int, min_score: float) -> Candidates:
        columns, anchors = 6 + 2 * self.landmarks, np.array(self._anchors(index), np.float32)
        if self.layout == "channels":
            raw = raw[0].reshape(len(anchors), columns, *raw.shape[2:]).transpose(0, 2, 3, 1)[None]
        rows, along = raw.shape[2:4]
        table = raw.reshape(-1, columns)
        keep, scores = _likely(sigmoid(table[:, 4]), sigmoid(table[:, -1]), min_score)
        kind, place = np.divmod(keep, rows * along)
        sides, corners = anchors[kind], cell_places(rows, along)[place] * np.float32(self.strides[index])
        table = within_reach(table[keep])
        shares = 2 * sigmoid(table[:, :4])
        centers = corners + (shares[:, :2] - np.float32(0.5)) * np.float32(self.strides[index])
        points = table[:, 5:-1].reshape(len(keep), self.landmarks, 2) * sides[:, None] + corners[:, None]
        return Candidates(_boxes(centers, shares[:, 2:] ** 2 * sides), scores, points)


DECODER = Yolo5Face

INPUTS = (Documented("rgb", (0.0, 0.0, 0.0), (1 / 255,) * 3, "deepcam-cn/yolov5-face"),)


def recognized(outputs: Mapping[str, tuple[int, ...]], height: int, width: int) -> list[Recognized]:
    """Raw maps of public trainings' three or four strides, or the table of all their anchors, or both."""
    found: list[Recognized] = []
    rows = {name: shape for name, shape in outputs.items() if len(shape) == 3}
    maps = {name: shape for name, shape in outputs.items() if len(shape) in (4, 5)}
    if len(rows) > 1 or len(rows) + len(maps) != len(outputs):
        return []
    by_size = sorted(maps, key=lambda name: -maps[name][2] * maps[name][3])
    for given in ({}, {"strides": (8, 16, 32, 64), "anchors": _P6}):
        for columns in {shape[2] for shape in rows.values()}:
            found += _table(dict(given), columns, rows, (height, width))
        for shape in {shape[1:2] + shape[4:] for shape in maps.values()}:
            columns = shape[1] if len(shape) == 2 else shape[0] // 3
            found += _maps(dict(given), columns, {name: maps[name] for name in by_size}, (height, width))
    return found


def undecoded(decoder: Yolo5Face) -> tuple[Yolo5Face, ...]:
    """Decoders of what the graph decodes, where it does."""
    return tuple(replace(decoder, layout=layout) for layout in ("channels", "cells") if decoder.layout == "rows")


def _table(
    given: dict[str, object], columns: int, rows: Mapping[str, tuple[int, ...]], size: tuple[int, int]
) -> list[Recognized]:
    decoder = _decoder({**given, "layout": "rows"}, columns)
    if decoder is None or list(decoder.expected(*size).values()) != list(rows.values()):
        return []
    return [Recognized(_changed(decoder), {"rows": next(iter(rows))}, "decoded in the graph")]


def _maps(
    given: dict[str, object], columns: int, maps: Mapping[str, tuple[int, ...]], size: tuple[int, int]
) -> list[Recognized]:
    layout = "cells" if all(len(shape) == 5 for shape in maps.values()) else "channels"
    decoder = _decoder({**given, "layout": layout}, columns)
    if decoder is None or list(decoder.expected(*size).values()) != list(maps.values()):
        return []
    return [Recognized(_changed(decoder), {"maps": tuple(maps)}, "raw maps")]


def _decoder(given: dict[str, object], columns: int) -> Yolo5Face | None:
    """The decoder for rows of so many columns, which are 6 and two for each landmark, of none or three and more."""
    points, odd = divmod(columns - 6, 2)
    if odd or points < 0 or 0 < points < 3 or points > MAX_LANDMARKS:
        return None
    return Yolo5Face(**{**given, "landmarks": points})  # type: ignore[arg-type]


def _changed(decoder: Yolo5Face) -> dict[str, object]:
    return {key: item for key, item in vars(decoder).items() if item != getattr(Yolo5Face(), key)}


def _boxes(centers: NDArray[np.float32], sides: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.concatenate([centers - sides / 2, centers + sides / 2], axis=1)


def _likely(
    objects: NDArray[np.float32], classes: NDArray[np.float32], min_score: float
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """The rows that score `min_score` or more, and their scores."""
    scores = np.clip(objects, 0, 1) * np.clip(classes, 0, 1)
    keep = np.flatnonzero(scores >= min_score)
    return keep, scores[keep]
