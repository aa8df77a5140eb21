"""Normalized mean error of landmarks against labeled ones.

Two normalizers are in use, and figures are comparable only with the same: the distance between the eyes (300-W and
its successors), which vanishes in profile, and the box size √(width·height) (AFLW, Menpo, RetinaFace).
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from edgeface.errors import InputError

Normalizer = Literal["inter_ocular", "box"]


def landmark_nme(
    found: ArrayLike, labeled: ArrayLike, normalizer: Normalizer, boxes: ArrayLike | None = None
) -> NDArray[np.float64]:
    """Mean distance of the points of each face, by the size of the labeled face.

    Args:
        found: [n,K,2] in pixels, the eyes first for "inter_ocular".
        labeled: [n,K,2] in pixels, the same points of the same faces.
        normalizer: "inter_ocular" divides by the distance of the labeled eyes, "box" by √(width·height) of the
            labeled box.
        boxes: [n,4], x1, y1, x2, y2 of the labeled faces in pixels; only for "box".

    Returns:
        float64 [n], a share (0.05 is 5 %); its mean over all faces is the NME.

    Raises:
        InputError: shapes do not fit, or a face's size is 0, so that its error is undefined.
    """
    points, expected = np.asarray(found, np.float64), np.asarray(labeled, np.float64)
    fit = points.shape == expected.shape and points.ndim == 3 and points.shape[2] == 2
    if not fit or points.shape[1] < (2 if normalizer == "inter_ocular" else 1):
        raise InputError(f"landmarks {list(points.shape)} and {list(expected.shape)} must both be [n,K,2]")
    if normalizer == "inter_ocular":
        sizes = np.linalg.norm(expected[:, 0] - expected[:, 1], axis=1)
    else:
        corners = np.asarray([] if boxes is None else boxes, np.float64).reshape(-1, 4)
        if len(corners) != len(expected):
            raise InputError(f"{len(corners)} boxes do not fit {len(expected)} faces")
        sizes = np.sqrt(np.prod(np.maximum(corners[:, 2:] - corners[:, :2], 0), axis=1))
    if not (sizes > 0).all():
        raise InputError(f"face {int(np.argmin(sizes > 0))} has no size ({normalizer}): its error is undefined")
    errors: NDArray[np.float64] = np.linalg.norm(points - expected, axis=2).mean(axis=1) / sizes
    return errors
