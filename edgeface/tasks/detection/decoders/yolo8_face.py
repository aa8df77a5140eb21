"""YOLOv8-face decoder: distances to the sides of a box as distributions, without anchors, raw or decoded in the graph.

Sources: Li et al., "Generalized Focal Loss" (NeurIPS 2020), section 3.2, for distributions, and the public
documentation of YOLOv8's pose heads. Channels are the distributions of the four distances, the class, and x, y and
maybe a visibility of each landmark. This file ships to boards as it is: Python 3.8, the standard library and numpy.
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
    softmax,
    within_reach,
)
from edgeface.tasks.detection.decoding import Candidates, Documented, Recognized

_MAX_BINS = 256


@dataclass(frozen=True)
class Yolo8Face:
    """The parameters.

    Attributes:
        strides: in pixels, in the order of the outputs.
        bins: of a distance's distribution.
        layout: "maps", a raw map [1,C,rows,columns] per stride; "heads", the same in three maps, distributions, class
            and landmarks; or all decoded, in pixels, in one table: "columns", [1,C,N], or "rows", [1,N,C].
        landmarks: points of a face.
        values: of each landmark: 2, or 3 with a visibility.
    """

    strides: tuple[int, ...] = (8, 16, 32)
    bins: int = 16
    layout: str = "maps"
    landmarks: int = 5
    values: int = 3

    def __post_init__(self) -> None:
        """Check the parameters, which a contract's file gives.

        Raises:
            ValueError: they are not of these types, or out of range.
        """
        check_strides(self.strides, 1, self.landmarks)
        check_number("bins", self.bins, 2, _MAX_BINS)
        check_number("values", self.values, 2, 3)
        check_choice("layout", self.layout, ("maps", "heads", "columns", "rows"))

    @property
    def raw_scores(self) -> bool:
        """Whether the outputs hold scores in front of a sigmoid."""
        return self.layout in ("maps", "heads")

    def expected(self, height: int, width: int) -> dict[str, tuple[int, ...]]:
        """Shapes of the outputs: a map of each stride, or one table."""
        points = self.landmarks * self.values
        sizes = [map_size(height, width, stride) for stride in self.strides]
        if self.layout == "maps":
            return {f"maps_{index}": (1, 4 * self.bins + 1 + points, *size) for index, size in enumerate(sizes)}
        if self.layout == "heads":
            channels = {"boxes": 4 * self.bins, "scores": 1, "landmarks": points}
            maps = [(role, count, index) for role, count in channels.items() if count for index in range(len(sizes))]
            return {f"{role}_{index}": (1, count, *sizes[index]) for role, count, index in maps}
        count = sum(rows * columns for rows, columns in sizes)
        return {"table": (1, count, 5 + points) if self.layout == "rows" else (1, 5 + points, count)}

    def decode(
        self, outputs: Mapping[str, NDArray[np.float32]], height: int, width: int, min_score: float
    ) -> Candidates:
        """Boxes and landmarks of the cells that score `min_score` or more: stride, row, column."""
        if self.layout in ("columns", "rows"):
            table = outputs["table"][0] if self.layout == "rows" else outputs["table"][0].T
            keep = np.flatnonzero(table[:, 4] >= min_score)
            scores, table = table[keep, 4], within_reach(table[keep])
            centers, halves = table[:, :2], table[:, 2:4] / 2
            return Candidates(
                np.concatenate([centers - halves, centers + halves], axis=1), scores, self._points(table[:, 5:])
            )
        levels = []
        for index in range(len(self.strides)):
            roles = [role for role in ("maps", "boxes", "scores", "landmarks") if f"{role}_{index}" in outputs]
            raw = np.concatenate([outputs[f"{role}_{index}"] for role in roles], axis=1)
            levels.append(self._level(raw, index, (height, width), min_score))
        return Candidates.joined(levels)

    def _level(self, raw: NDArray[np.float32], index: int, size: tuple[int, int], min_score: float) -> Candidates:
        ends, stride = 4 * self.bins, np.float32(self.strides[index])
        table = raw.reshape(raw.shape[1], -1)
        scores = sigmoid(table[ends])
        keep = np.flatnonzero(scores >= min_score)
        rows = np.ascontiguousarray(table[:, keep].T)
        places = cell_places(*map_size(*size, self.strides[index]))[keep]
        shares = softmax(rows[:, :ends].reshape(len(keep), 4, self.bins))
        sides = shares @ np.arange(self.bins, dtype=np.float32)
        centers = places + np.float32(0.5)
        boxes = np.concatenate([centers - sides[:, :2], centers + sides[:, 2:]], axis=1) * stride
        points = (2 * self._points(within_reach(rows[:, ends + 1 :])) + places[:, None]) * stride
        return Candidates(boxes, scores[keep], points)

    def _points(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """Landmarks without their visibilities: [n,K,2] of [n,K·values]."""
        return values.reshape(len(values), self.landmarks, self.values)[:, :, :2]


DECODER = Yolo8Face

INPUTS = (Documented("rgb", (0.0, 0.0, 0.0), (1 / 255,) * 3, "derronqi/yolov8-face, Ultralytics"),)


def recognized(outputs: Mapping[str, tuple[int, ...]], height: int, width: int) -> list[Recognized]:
    """One raw map of each of three or four strides, or two or three, or one table with all their cells."""
    shapes = list(outputs.values())
    if not outputs or {len(shape) for shape in shapes} not in ({4}, {3}) or any(shape[0] != 1 for shape in shapes):
        return []
    by_size = sorted(outputs, key=lambda name: -outputs[name][2] * outputs[name][-1])
    readings: list[Recognized] = []
    for decoder in _candidates({shape[1] for shape in shapes}, {shape[-1] for shape in shapes}, len(shapes[0]) == 4):
        names = dict(zip(decoder.expected(height, width), _in_order(decoder, by_size, outputs)))  # noqa: B905
        if {role: outputs[name] for role, name in names.items()} == decoder.expected(height, width):
            parameters = {key: item for key, item in vars(decoder).items() if item != getattr(Yolo8Face(), key)}
            roles: dict[str, str | tuple[str, ...]] = {}
            for role, name in names.items():
                scaled = role.split("_")[0]
                roles[scaled] = name if role == "table" else (*roles.get(scaled, ()), name)
            readings.append(Recognized(parameters, roles, f"{decoder.landmarks} landmarks of {decoder.values} values"))
    return readings


def _in_order(decoder: Yolo8Face, by_size: list[str], outputs: Mapping[str, tuple[int, ...]]) -> list[str]:
    """Names by falling size; those of heads by what they are first. None if their number is wrong."""
    if decoder.layout == "heads":
        channels = (4 * decoder.bins, 1, decoder.landmarks * decoder.values)
        by_size = [name for count in channels if count for name in by_size if outputs[name][1] == count]
    fits = len(by_size) == len(outputs) == len(decoder.expected(32, 32))
    return by_size if fits else []


def undecoded(decoder: Yolo8Face) -> tuple[Yolo8Face, ...]:
    """Decoders of what the graph decodes, where it does."""
    decoded = decoder.layout in ("columns", "rows")
    return tuple(replace(decoder, layout=layout) for layout in ("maps", "heads") if decoded)


def _candidates(channels: set[int], last: set[int], raw: bool) -> list[Yolo8Face]:
    """Decoders whose outputs have such numbers of channels: a class, and 2 or 3 for each landmark, beside the box."""
    ends = 4 * Yolo8Face.bins
    layouts = {"maps": {n - ends - 1 for n in channels}, "heads": channels - {1, ends} or {0}}
    if not raw:
        layouts = {"columns": {n - 5 for n in channels}, "rows": {n - 5 for n in last}}
    found = []
    for strides in ((8, 16, 32), (8, 16, 32, 64)):
        for layout, counts in layouts.items():
            for values in (3, 2):
                for count in sorted(counts):
                    points, rest = divmod(count, values)
                    if not rest and (points == 0 or 3 <= points <= MAX_LANDMARKS) and (points or values == 3):
                        found.append(Yolo8Face(strides, layout=layout, landmarks=points, values=values))
    return found
