"""SSD decoder: offsets from prior boxes at several strides, with any number of landmarks.

Source: the SSD parametrization (Liu et al., ECCV 2016, section 2.2), with landmarks as in RetinaFace (Deng et al., CVPR
2020, section 3). This file ships to boards as it is: Python 3.8, the standard library and numpy.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from edgeface.tasks.detection.cells import (
    bounded_exp,
    check_choice,
    check_number,
    check_strides,
    map_size,
    sigmoid,
    softmax,
    tables,
    within_reach,
)
from edgeface.tasks.detection.decoding import Candidates, Documented, Recognized

MAX_SIDE_PX = 1 << 16
MAX_ANCHORS = 64
_LAYOUTS: tuple[tuple[tuple[int, ...], tuple[tuple[int, ...], ...], str], ...] = (
    ((8, 16, 32), ((16, 32), (64, 128), (256, 512)), "anchors of RetinaFace"),
    ((8, 16, 32), ((10, 20), (32, 64), (128, 256)), "anchors of RetinaFace for smaller faces"),
    ((8, 16, 32, 64), ((10, 16, 24), (32, 48), (64, 96), (128, 192, 256)), "anchors of slim and RFB with landmarks"),
    ((4, 8, 16, 32, 64, 128), ((16,), (32,), (64,), (128,), (256,), (512,)), "anchors of S3FD, DSFD and EXTD"),
)
"""Strides and anchors of public trainings."""

_DECODED = {
    "corners": "decoded in the graph, as shares of the input's sides",
    "pixels": "decoded in the graph, in pixels",
}


@dataclass(frozen=True)
class Ssd:
    """The parameters.

    Attributes:
        strides: in pixels, in output order.
        sizes: for each stride its anchors in pixels, in output order: the side of a square, or width and height.
        variances: of centers and landmarks, and of sizes.
        landmarks: points of a face; without any there is no such output.
        columns: classes of the scores, or 1 for faces only.
        background: the class of no face: with two classes a face's score is the other's, with more one less it.
        score: "as-is", or "softmax" or "sigmoid" where the outputs are before it.
        box: what boxes and landmarks are: "ssd", offsets from priors; or, decoded in the graph, corners and points as
            "corners", shares of the input's sides, or "pixels".
    """

    strides: tuple[int, ...]
    sizes: tuple[tuple[float | tuple[float, float], ...], ...]
    variances: tuple[float, float] = (0.1, 0.2)
    landmarks: int = 5
    columns: int = 2
    background: int = 0
    score: str = "as-is"
    box: str = "ssd"

    def __post_init__(self) -> None:
        """Check the parameters, which a contract's file gives: a board has no other check of them.

        Raises:
            ValueError: they are not of these types, out of range, or not as many sizes as strides.
        """
        anchors = [side for sizes in self.sizes for side in sizes]
        sides = [*self.strides, *(side for anchor in anchors for side in _rectangle(anchor))]
        if len(self.strides) != len(self.sizes) or not 0 < len(anchors) <= MAX_ANCHORS or not all(map(len, self.sizes)):
            raise ValueError("each stride needs its own anchor sides")
        if not all(type(side) in (int, float) and 1 <= side <= MAX_SIDE_PX for side in sides):
            raise ValueError(f"strides and anchor sides are 1 to {MAX_SIDE_PX} pixels")
        if len(self.variances) != 2 or not all(type(v) in (int, float) and 0 < v <= 1e3 for v in self.variances):
            raise ValueError("the two variances are positive numbers")
        check_strides(self.strides, self.columns, self.landmarks)
        check_number("background", self.background, 0, max(self.columns - 1, 0))
        check_choice("score", self.score, ("as-is", "softmax", "sigmoid"))
        check_choice("box", self.box, ("ssd", "corners", "pixels"))

    def expected(self, height: int, width: int) -> dict[str, tuple[int, ...]]:
        """Shapes of the outputs: boxes, scores (background, face), landmarks."""
        count = _count(self.strides, self.sizes, height, width)
        shapes: dict[str, tuple[int, ...]] = {"boxes": (1, count, 4), "scores": (1, count, self.columns)}
        return {**shapes, "landmarks": (1, count, 2 * self.landmarks)} if self.landmarks else shapes

    def decode(
        self, outputs: Mapping[str, NDArray[np.float32]], height: int, width: int, min_score: float
    ) -> Candidates:
        """Boxes and landmarks of the priors that score `min_score` or more, in the priors' order."""
        scores = self._scores(outputs["scores"][0])
        keep = np.flatnonzero(scores >= min_score)
        boxes = within_reach(outputs["boxes"][0, keep])
        points = np.zeros((len(keep), 0, 2), np.float32)
        if self.landmarks:
            points = within_reach(outputs["landmarks"][0, keep]).reshape(len(keep), self.landmarks, 2)
        sides = np.array([width, height], np.float32)
        if self.box == "ssd":
            priors = prior_boxes(self.strides, self.sizes, height, width)[keep]
            boxes = _decode_boxes(boxes, priors, sides, self.variances)
            points = _decode_landmarks(points, priors, sides, self.variances[0])
        elif self.box == "corners":
            boxes, points = boxes * np.tile(sides, 2), points * sides
        return Candidates(boxes, scores[keep], points)

    def _scores(self, given: NDArray[np.float32]) -> NDArray[np.float32]:
        """A face's score of each prior, float32 [N]."""
        if self.score != "as-is":
            given = softmax(given) if self.score == "softmax" else sigmoid(given)
        if self.columns <= 2:
            return given[:, self.columns - 1 - self.background if self.columns == 2 else 0]
        return np.asarray(1 - given[:, self.background], np.float32)


DECODER = Ssd

INPUTS = (
    Documented("bgr", (104.0, 117.0, 123.0), (1.0, 1.0, 1.0), "biubug6/Pytorch_Retinaface"),
    Documented("rgb", (104.0, 117.0, 123.0), (1.0, 1.0, 1.0), "trainings of Pytorch_Retinaface on RGB"),
    Documented("rgb", (127.0, 127.0, 127.0), (1 / 128,) * 3, "1 MB trainings without landmarks"),
)


def recognized(outputs: Mapping[str, tuple[int, ...]], height: int, width: int) -> list[Recognized]:
    """Tables of one length, that of public trainings' priors: 4, 1 to 3 and maybe 2K wide; other outputs are ignored.

    Boxes with classes alone over UltraFace's priors are UltraFace's.
    """
    found: list[Recognized] = []
    decoded: list[Recognized] = []
    for strides, sizes, note in _LAYOUTS:
        count = _count(strides, sizes, height, width)
        level = {
            columns: [name for rows, name in found_rows if rows == count]
            for columns, found_rows in tables(outputs).items()
        }
        level = {columns: names for columns, names in level.items() if names}
        classes = [columns for columns in (2, 1, 3) if columns in level][:1]
        points = [columns for columns in level if columns >= 6 and columns % 2 == 0]
        if 4 not in level or not classes or len(points) > 1 or (not points and len(strides) == 4):
            continue
        chosen = {"boxes": level[4], "scores": level[classes[0]], **({"landmarks": level[points[0]]} if points else {})}
        if all(len(names) == 1 for names in chosen.values()):
            given = {"landmarks": points[0] // 2 if points else 0, "columns": classes[0]}
            changed = {key: item for key, item in given.items() if item != getattr(Ssd, key)}
            names = {role: names[0] for role, names in chosen.items()}
            parameters = {"strides": strides, "sizes": sizes, **changed}
            found.append(Recognized(parameters, names, note))
            decoded += [Recognized({**parameters, "box": box}, names, note) for box, note in _DECODED.items()]
    return found + decoded[: len(_DECODED)]


def undecoded(decoder: Ssd) -> tuple[Ssd, ...]:
    """Decoders of what the graph decodes, where it does."""
    return () if decoder.box == "ssd" else (replace(decoder, box="ssd"),)


def _rectangle(anchor: float | tuple[float, float]) -> tuple[float, float]:
    """Width and height of an anchor.

    Raises:
        ValueError: it is neither a side nor two.
    """
    if not isinstance(anchor, tuple):
        return anchor, anchor
    if len(anchor) != 2:
        raise ValueError("an anchor is a side, or a width and a height")
    return anchor


def _count(
    strides: tuple[int, ...], sizes: tuple[tuple[float | tuple[float, float], ...], ...], height: int, width: int
) -> int:
    """How many priors there are."""
    count = 0
    for stride, anchors in zip(strides, sizes):  # noqa: B905, as Python 3.8 has no strict
        rows, columns = map_size(height, width, stride)
        count += rows * columns * len(anchors)
    return count


@lru_cache(maxsize=32)
def prior_boxes(
    strides: tuple[int, ...], sizes: tuple[tuple[float | tuple[float, float], ...], ...], height: int, width: int
) -> NDArray[np.float32]:
    """Priors in the order of the network's outputs: stride, row, column, anchor.

    A stride's map has ⌈height/stride⌉ × ⌈width/stride⌉ cells; a prior stands at its cell's center.

    Args:
        strides: in pixels.
        sizes: anchors in pixels, squares or rectangles, for each stride.
        height: the input tensor's height in pixels.
        width: the input tensor's width in pixels.

    Returns:
        Read-only float32 [N,4]: center x, center y, width, height, as fractions of the input's width and height.
    """
    levels = []
    for index, stride in enumerate(strides):
        rows, columns = map_size(height, width, stride)
        rectangles = np.array([_rectangle(anchor) for anchor in sizes[index]], np.float64)
        y, x, kind = np.meshgrid(
            (np.arange(rows) + 0.5) * stride / height,
            (np.arange(columns) + 0.5) * stride / width,
            np.arange(len(rectangles)),
            indexing="ij",
        )
        sides = rectangles[kind] / (width, height)
        levels.append(np.concatenate([np.stack([x, y], axis=-1), sides], axis=-1).reshape(-1, 4))
    priors = np.concatenate(levels).astype(np.float32)
    priors.setflags(write=False)
    return priors


def _decode_boxes(
    offsets: NDArray[np.float32],
    priors: NDArray[np.float32],
    sides: NDArray[np.float32],
    variances: tuple[float, float],
) -> NDArray[np.float32]:
    """Boxes x1, y1, x2, y2 float32 [n,4] in pixels of the input tensor."""
    centers = priors[:, :2] + offsets[:, :2] * variances[0] * priors[:, 2:]
    sizes = priors[:, 2:] * bounded_exp(offsets[:, 2:] * variances[1])
    corners = np.concatenate([centers - sizes / 2, centers + sizes / 2], axis=1)
    return np.asarray(corners * np.tile(sides, 2), np.float32)


def _decode_landmarks(
    offsets: NDArray[np.float32], priors: NDArray[np.float32], sides: NDArray[np.float32], variance: float
) -> NDArray[np.float32]:
    """Landmarks float32 [n,K,2] in pixels of the input tensor, from offsets of that shape."""
    points = priors[:, None, :2] + offsets * variance * priors[:, None, 2:]
    return np.asarray(points * sides, np.float32)
