"""UltraFace decoder: boxes without landmarks, decoded in the graph or as SSD offsets, with a background class.

Sources: the public documentation of Ultra-Light-Fast-Generic-Face-Detector-1MB; the SSD parametrization (Liu et al.,
ECCV 2016, section 2.2). A face's score is one less the background's, whatever other classes a training has. This file
ships to boards as it is: Python 3.8, the standard library and numpy.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from edgeface.tasks.detection.cells import (
    bounded_exp,
    cell_places,
    check_choice,
    check_number,
    check_strides,
    map_size,
    softmax,
    tables,
    within_reach,
)
from edgeface.tasks.detection.decoding import Candidates, Documented, Recognized

_LISTED = 16
"""Classes of a head at most: wider tables are no scores."""


@dataclass(frozen=True)
class UltraFace:
    """The parameters.

    Attributes:
        box: what boxes are: "corners" as fractions of the input's sides, or "ssd", offsets from priors.
        strides: in pixels, in the order of the priors.
        sizes: sides of the square priors of each stride, in pixels.
        variances: of centers and of sizes.
        classes: columns of the scores.
        background: the column of no face; the faces' score is one less it.
        score: "as-is", or "softmax" where the outputs are before it.
    """

    box: str = "corners"
    strides: tuple[int, ...] = (8, 16, 32, 64)
    sizes: tuple[tuple[int, ...], ...] = ((10, 16, 24), (32, 48), (64, 96), (128, 192, 256))
    variances: tuple[float, float] = (0.1, 0.2)
    classes: int = 2
    background: int = 0
    score: str = "as-is"

    def __post_init__(self) -> None:
        """Check the parameters, which a contract's file gives.

        Raises:
            ValueError: they are not of these types, out of range, or not as many sizes as strides.
        """
        check_choice("box", self.box, ("corners", "ssd"))
        check_choice("score", self.score, ("as-is", "softmax"))
        check_strides(self.strides)
        if len(self.strides) != len(self.sizes) or len(self.variances) != 2:
            raise ValueError("each stride needs its own sizes, and there are two variances")
        for sides in self.sizes:
            check_strides(sides)
        for variance in self.variances:
            check_number("a variance", variance, 1e-6, 1e3)
        check_number("classes", self.classes, 2, _LISTED)
        check_number("background", self.background, 0, self.classes - 1)

    def expected(self, height: int, width: int) -> dict[str, tuple[int, ...]]:
        """Shapes of the outputs: scores of each class, boxes."""
        count = 0
        for stride, sides in zip(self.strides, self.sizes):  # noqa: B905, as Python 3.8 has no strict
            rows, along = map_size(height, width, stride)
            count += rows * along * len(sides)
        return {"scores": (1, count, self.classes), "boxes": (1, count, 4)}

    def decode(
        self, outputs: Mapping[str, NDArray[np.float32]], height: int, width: int, min_score: float
    ) -> Candidates:
        """Boxes of the priors that score `min_score` or more: stride, row, column, size; without landmarks."""
        classes = outputs["scores"][0]
        scores = 1 - (softmax(classes) if self.score == "softmax" else classes)[:, self.background]
        keep = np.flatnonzero(scores >= min_score)
        boxes = within_reach(outputs["boxes"][0, keep])
        if self.box == "corners":
            boxes = boxes * np.array([width, height, width, height], np.float32)
        else:
            points, sides = (part[keep] for part in _priors(self.strides, self.sizes, height, width))
            factors = np.array(self.variances, np.float32)
            centers, grown = points + boxes[:, :2] * factors[0] * sides, sides * bounded_exp(boxes[:, 2:] * factors[1])
            boxes = np.concatenate([centers - grown / 2, centers + grown / 2], axis=1)
        return Candidates(boxes, scores[keep], np.zeros((len(keep), 0, 2), np.float32))


DECODER = UltraFace

INPUTS = (Documented("rgb", (127.0, 127.0, 127.0), (1 / 128,) * 3, "Ultra-Light-Fast-Generic-Face-Detector-1MB"),)


def recognized(outputs: Mapping[str, tuple[int, ...]], height: int, width: int) -> list[Recognized]:
    """Two tables of one length, 2 or 3 and 4 wide, as long as the public priors' number; in either form of boxes."""
    found = tables(outputs)
    classes = [columns for columns in found if columns != 4]
    if len(outputs) != 2 or 4 not in found or classes not in ([2], [3]):
        return []
    count = UltraFace().expected(height, width)["boxes"][1]
    roles = {"scores": found[classes[0]][0], "boxes": found[4][0]}
    if any(rows != count for rows, _ in roles.values()):
        return []
    shared = {"classes": classes[0]} if classes != [2] else {}
    names = {role: name for role, (_, name) in roles.items()}
    return [
        Recognized(shared, names, "boxes are decoded in the graph, all within 0 and 1 or a little beyond"),
        Recognized({"box": "ssd", **shared}, names, "boxes are offsets from priors"),
    ]


def undecoded(decoder: UltraFace) -> tuple[UltraFace, ...]:
    """Decoders of what the graph decodes, where it does."""
    return () if decoder.box == "ssd" else (replace(decoder, box="ssd"),)


@lru_cache(maxsize=16)
def _priors(
    strides: tuple[int, ...], sizes: tuple[tuple[int, ...], ...], height: int, width: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Centers and sides of the priors in pixels, float32 [N,2] each.

    As in the public training, maps with a partial cell at the border stretch over the input (a center is the cell's
    as a share of the map, not in strides), and no side is longer than the input's.
    """
    points, sides = [], []
    for index, stride in enumerate(strides):
        rows, along = map_size(height, width, stride)
        places = cell_places(rows, along, len(sizes[index]))
        points.append((places + np.float32(0.5)) * np.array([width / along, height / rows], np.float32))
        sides.append(np.tile(np.array(sizes[index], np.float32), rows * along))
    limits = np.array([width, height], np.float32)
    return np.concatenate(points), np.minimum(np.concatenate(sides)[:, None], limits)
