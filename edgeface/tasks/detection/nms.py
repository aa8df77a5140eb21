"""Overlap of boxes, and greedy non-maximum suppression.

This file ships to boards as it is: Python 3.8, the standard library and numpy.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def iou_matrix(a: NDArray[np.float32], b: NDArray[np.float32], border_px: float = 0.0) -> NDArray[np.float32]:
    """Intersection over union of every box of one set with every box of another.

    Args:
        a: float32 [n,4], x1, y1, x2, y2.
        b: float32 [m,4].
        border_px: added to each width and height; 1 where corners count as pixels of the box, as in the
            original evaluation code.

    Returns:
        float32 [n,m], 0 where either box is empty.
    """
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    inner = np.prod(np.maximum(high - low + border_px, 0), axis=2)
    areas_a, areas_b = (np.prod(np.maximum(x[:, 2:] - x[:, :2] + border_px, 0), axis=1) for x in (a, b))
    union = areas_a[:, None] + areas_b[None, :] - inner
    return np.asarray(np.divide(inner, union, out=np.zeros_like(union), where=union > 0), np.float32)


def suppress_overlaps(boxes: NDArray[np.float32], scores: NDArray[np.float32], max_iou: float) -> NDArray[np.intp]:
    """Greedy suppression: keep the best box, drop those that overlap it by more than `max_iou`, repeat with the rest.

    Areas count the pixel at the border (+1), as public evaluations of RetinaFace do.

    Args:
        boxes: float32 [n,4] in pixels.
        scores: float32 [n]; equal scores keep their order.
        max_iou: two kept boxes overlap by at most this.

    Returns:
        Indices of the kept boxes, best first.
    """
    order = np.argsort(-scores, kind="stable")
    kept = []
    while order.size:
        best, rest = order[0], order[1:]
        kept.append(best)
        overlaps = iou_matrix(boxes[best : best + 1], boxes[rest], border_px=1.0)[0]
        order = rest[overlaps <= max_iou]
    return np.array(kept, np.intp)
