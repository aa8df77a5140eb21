"""An image that a report may show, with both networks' decisions."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from edgeface.report.crop import Crop
from edgeface.tasks.detection.faces import Face

SIDE_PX = 720
"""Longer side of an image in a report."""


@dataclass(frozen=True)
class Sight:
    """An image with both networks' decisions.

    `image` is uint8 [h,w,3] in BGR, shrunk to `SIDE_PX`; `shape` is the original's height and width in pixels, in
    which faces are given; `severity` orders images, the worst last. `closeups` are cut from the original.
    `informative` says whether there is something to see, even where both networks agree.
    """

    index: int
    image: NDArray[np.uint8]
    shape: tuple[int, int]
    severity: tuple[float, ...]
    reference: tuple[Face, ...] = ()
    candidate: tuple[Face, ...] = ()
    closeups: tuple[Crop, ...] = ()
    informative: bool = True


def shrunk(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A copy of an image, its longer side at most `SIDE_PX`."""
    height, width = image.shape[:2]
    scale = SIDE_PX / max(height, width)
    if scale >= 1:
        return image.copy()
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
