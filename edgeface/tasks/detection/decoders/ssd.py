"""SSD decoder: offsets from prior boxes at several strides, with any number of landmarks.

Source: the SSD parametrization (Liu et al., ECCV 2016, section 2.2). This file ships to boards as it is: Python 3.8,
the standard library and numpy.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from edgeface.tasks.detection.decoding import Candidates

MAX_SIDE_PX = 1 << 16
MAX_ANCHORS = 64
MAX_LANDMARKS = 1024
_MAX_LOG_SIZE = 20.0  # e^20 pixels: damaged weights must not overflow, trained ones stay far below


@dataclass(frozen=True)
class Ssd:
    """The parameters: for each stride (pixels) the square anchor sides (pixels), in output order; and variances.

    `landmarks` is how many points a face has; without any the network has no output of them.
    """

    strides: tuple[int, ...]
    sizes: tuple[tuple[int, ...], ...]
    variances: tuple[float, float] = (0.1, 0.2)
    landmarks: int = 5

    def __post_init__(self) -> None:
        """Check the parameters, which a contract's file gives: a board has no other check of them.

        Raises:
            ValueError: they are not of these types, out of range, or not as many sizes as strides.
        """
        sides = [*self.strides, *(side for sizes in self.sizes for side in sizes)]
        if len(self.strides) != len(self.sizes) or not 0 < len(sides) <= MAX_ANCHORS or not all(map(len, self.sizes)):
            raise ValueError("each stride needs its own anchor sides")
        if not all(type(side) is int and 1 <= side <= MAX_SIDE_PX for side in sides):
            raise ValueError(f"strides and anchor sides are 1 to {MAX_SIDE_PX} pixels")
        if len(self.variances) != 2 or not all(type(v) in (int, float) and 0 < v <= 1e3 for v in self.variances):
            raise ValueError("the two variances are positive numbers")
        if type(self.landmarks) is not int or not 0 <= self.landmarks <= MAX_LANDMARKS:
            raise ValueError(f"a face has 0 to {MAX_LANDMARKS} landmarks")

    def expected(self, height: int, width: int) -> dict[str, tuple[int, ...]]:
        """Shapes of the outputs: boxes, scores after softmax (background, face), landmarks if there are any."""
        count = len(prior_boxes(self.strides, self.sizes, height, width))
        shapes = {"boxes": (1, count, 4), "scores": (1, count, 2), "landmarks": (1, count, 2 * self.landmarks)}
        return {role: shape for role, shape in shapes.items() if shape[-1]}

    def decode(
        self, outputs: Mapping[str, NDArray[np.float32]], height: int, width: int, min_score: float
    ) -> Candidates:
        """Boxes and landmarks of the priors that score `min_score` or more, in the priors' order."""
        scores = outputs["scores"][0, :, 1]
        keep = np.flatnonzero(scores >= min_score)
        priors = prior_boxes(self.strides, self.sizes, height, width)[keep]
        sides = np.array([width, height], np.float32)
        boxes = _decode_boxes(outputs["boxes"][0, keep], priors, sides, self.variances)
        offsets = outputs["landmarks"][0, keep] if self.landmarks else np.zeros((len(keep), 0), np.float32)
        points = offsets.reshape(len(keep), self.landmarks, 2)
        landmarks = _decode_landmarks(points, priors, sides, self.variances[0])
        return Candidates(boxes, scores[keep], landmarks)


DECODER = Ssd


@lru_cache(maxsize=32)
def prior_boxes(
    strides: tuple[int, ...], sizes: tuple[tuple[int, ...], ...], height: int, width: int
) -> NDArray[np.float32]:
    """Priors in the order of the network's outputs: stride, row, column, anchor.

    A stride's map has ⌈height/stride⌉ × ⌈width/stride⌉ cells; a prior stands at its cell's center.

    Args:
        strides: in pixels.
        sizes: square anchor sides in pixels, for each stride.
        height: the input tensor's height in pixels.
        width: the input tensor's width in pixels.

    Returns:
        Read-only float32 [N,4]: center x, center y, width, height, as fractions of the input's width and height.
    """
    levels = []
    for index, stride in enumerate(strides):
        rows, columns = -(-height // stride), -(-width // stride)
        y, x, size = np.meshgrid(
            (np.arange(rows) + 0.5) * stride / height,
            (np.arange(columns) + 0.5) * stride / width,
            np.asarray(sizes[index], np.float64),
            indexing="ij",
        )
        levels.append(np.stack([x, y, size / width, size / height], axis=-1).reshape(-1, 4))
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
    sizes = priors[:, 2:] * np.exp(np.minimum(offsets[:, 2:] * variances[1], _MAX_LOG_SIZE))
    corners = np.concatenate([centers - sizes / 2, centers + sizes / 2], axis=1)
    return np.asarray(corners * np.tile(sides, 2), np.float32)


def _decode_landmarks(
    offsets: NDArray[np.float32], priors: NDArray[np.float32], sides: NDArray[np.float32], variance: float
) -> NDArray[np.float32]:
    """Landmarks float32 [n,K,2] in pixels of the input tensor, from offsets of that shape."""
    points = priors[:, None, :2] + offsets * variance * priors[:, None, 2:]
    return np.asarray(points * sides, np.float32)
