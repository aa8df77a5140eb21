"""CenterFace decoder: a heat map of faces' centers with maps of sizes, offsets and landmarks.

Source: Xu et al., "CenterFace: Joint Face Detection and Alignment Using Face as Point" (2019), sections 3.1 and 3.2.
A cell that scores no less than its neighbors is a face. The public model gives heights before widths and y before x,
and its offsets are from a cell's center. This file ships to boards as it is: Python 3.8, the standard library and
numpy.
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
    within_reach,
)
from edgeface.tasks.detection.decoding import Candidates, Documented, Recognized


@dataclass(frozen=True)
class CenterFace:
    """The parameters.

    Attributes:
        stride: of the maps, in pixels.
        offset: of a cell's point from its upper left corner, in cells.
        sizes: order and form of sizes: "hw" or "wh".
        points: order of offsets and landmarks: "yx" or "xy".
        size: "exp", stride · e^x, or "linear", stride · x.
        score: "as-is", or "sigmoid" where the heat is before it.
        maps: whether the maps have the partial cells at the border ("ceil") or not ("floor").
        landmarks: points of a face, as shares of its box from the upper left corner; without any there is no such map.
    """

    stride: int = 4
    offset: float = 0.5
    sizes: str = "hw"
    points: str = "yx"
    size: str = "exp"
    score: str = "as-is"
    maps: str = "ceil"
    landmarks: int = 5

    def __post_init__(self) -> None:
        """Check the parameters, which a contract's file gives.

        Raises:
            ValueError: they are not of these types, or out of range.
        """
        check_strides((self.stride,), 1, self.landmarks)
        check_number("offset", self.offset, -1, 1)
        check_choice("sizes", self.sizes, ("hw", "wh"))
        check_choice("points", self.points, ("yx", "xy"))
        check_choice("size", self.size, ("exp", "linear"))
        check_choice("score", self.score, ("as-is", "sigmoid"))
        check_choice("maps", self.maps, ("ceil", "floor"))

    def expected(self, height: int, width: int) -> dict[str, tuple[int, ...]]:
        """Shapes of the maps [1,C,rows,columns]: scores, sizes, offsets, landmarks."""
        rows = map_size(height, width, self.stride, self.maps)
        found: dict[str, tuple[int, ...]] = {"scores": (1, 1, *rows), "sizes": (1, 2, *rows), "offsets": (1, 2, *rows)}
        return {**found, "landmarks": (1, 2 * self.landmarks, *rows)} if self.landmarks else found

    def decode(
        self, outputs: Mapping[str, NDArray[np.float32]], height: int, width: int, min_score: float
    ) -> Candidates:
        """Boxes and landmarks of the cells that score `min_score` or more: row, column."""
        heat = outputs["scores"].reshape(-1)
        heat = sigmoid(heat) if self.score == "sigmoid" else heat
        keep = np.flatnonzero(heat >= min_score)
        stride = np.float32(self.stride)
        offsets, sizes = _at(outputs["offsets"], keep), _at(outputs["sizes"], keep)
        offsets = offsets[:, ::-1] if self.points == "yx" else offsets
        sizes = sizes[:, ::-1] if self.sizes == "hw" else sizes
        sides = stride * (bounded_exp(sizes) if self.size == "exp" else np.maximum(sizes, 0))
        places = cell_places(*map_size(height, width, self.stride, self.maps))[keep]
        centers = stride * (places + np.float32(self.offset) + offsets)
        corners = centers - sides / 2
        landmarks = np.zeros((len(keep), 0, 2), np.float32)
        if self.landmarks:
            shares = _at(outputs["landmarks"], keep).reshape(-1, self.landmarks, 2)
            shares = shares[:, :, ::-1] if self.points == "yx" else shares
            landmarks = corners[:, None] + shares * sides[:, None]
        return Candidates(np.concatenate([corners, corners + sides], axis=1), heat[keep], landmarks)


DECODER = CenterFace

INPUTS = (Documented("rgb", (0.0, 0.0, 0.0), (1.0, 1.0, 1.0), "Star-Clouds/CenterFace"),)


def recognized(outputs: Mapping[str, tuple[int, ...]], height: int, width: int) -> list[Recognized]:
    """Maps of one size, a half to an eighth of the input's: 1, twice 2, and maybe 2K channels.

    Shapes do not tell sizes from offsets: both readings are given.
    """
    maps = {name: shape for name, shape in outputs.items() if len(shape) == 4 and shape[0] == 1}
    by_channels: dict[int, list[str]] = {}
    for name, shape in maps.items():
        by_channels.setdefault(shape[1], []).append(name)
    wide = [channels for channels in by_channels if channels not in (1, 2)]
    if len(maps) != len(outputs) or len({shape[2:] for shape in maps.values()}) != 1 or len(wide) > 1:
        return []
    if any(channels % 2 or not 6 <= channels <= 2 * MAX_LANDMARKS for channels in wide):
        return []
    lengths = {channels: len(names) for channels, names in by_channels.items()}
    if lengths != {1: 1, 2: 2, **dict.fromkeys(wide, 1)}:
        return []
    rows = next(iter(maps.values()))[2:]
    found: list[Recognized] = []
    for stride, form in ((4, "ceil"), (4, "floor"), (2, "ceil"), (8, "ceil")):
        if not found and map_size(height, width, stride, form) == rows:
            usual = CenterFace(stride, maps=form, landmarks=wide[0] // 2 if wide else 0)
            parameters = {key: item for key, item in vars(usual).items() if item != getattr(CenterFace(), key)}
            found = [_reading(parameters, by_channels, wide, swapped) for swapped in (False, True)]
    return found


def _reading(
    parameters: Mapping[str, object], by_channels: Mapping[int, list[str]], wide: list[int], swapped: bool
) -> Recognized:
    sizes, offsets = by_channels[2][::-1] if swapped else by_channels[2]
    names = {"scores": by_channels[1][0], "sizes": sizes, "offsets": offsets}
    landmarks = {"landmarks": by_channels[wide[0]][0]} if wide else {}
    return Recognized(parameters, {**names, **landmarks}, f"sizes are {sizes!r}, offsets {offsets!r}")


def _at(maps: NDArray[np.float32], keep: NDArray[np.int64]) -> NDArray[np.float32]:
    """The channels of some cells of [1,C,rows,columns], as float32 [n,C]."""
    return np.ascontiguousarray(within_reach(maps.reshape(maps.shape[1], -1)[:, keep]).T)
