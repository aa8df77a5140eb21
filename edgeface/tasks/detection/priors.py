"""Prior boxes of an anchor-based detector."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from edgeface.contracts import Anchors


@lru_cache(maxsize=32)
def prior_boxes(anchors: Anchors, height: int, width: int) -> NDArray[np.float32]:
    """Priors in the order of the network's outputs: stride, row, column, anchor.

    A stride's map has ⌈height/stride⌉ × ⌈width/stride⌉ cells; a prior stands at its cell's centre.

    Args:
        anchors: strides and square anchor sides in pixels.
        height: the input tensor's height in pixels.
        width: the input tensor's width in pixels.

    Returns:
        Read-only float32 [N,4]: centre x, centre y, width, height, as fractions of the input's width and height.
    """
    levels = []
    for stride, sizes in zip(anchors.strides, anchors.sizes, strict=True):
        rows, columns = -(-height // stride), -(-width // stride)
        y, x, size = np.meshgrid(
            (np.arange(rows) + 0.5) * stride / height,
            (np.arange(columns) + 0.5) * stride / width,
            np.asarray(sizes, np.float64),
            indexing="ij",
        )
        levels.append(np.stack([x, y, size / width, size / height], axis=-1).reshape(-1, 4))
    priors = np.concatenate(levels).astype(np.float32)
    priors.setflags(write=False)
    return priors
