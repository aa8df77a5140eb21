"""Changes of an image that no eye sees: how far they move a network's decisions is how much its decisions are worth.

They are applied to the image as the network sees it, at the input's size: JPEG noise of a larger file averages out when
the file is scaled down.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from edgeface.errors import InputError

Image = NDArray[np.uint8]


@dataclass(frozen=True)
class Perturbation:
    """A change of an image, the same each time.

    Attributes:
        name: its name.
        doing: the change in words that complete "changes fewer decisions than …".
        apply: the changed image, of the same shape, for an image uint8 [H,W,3] and its number, which seeds noise.
        moved_px: how many pixels the picture moves to the right.
    """

    name: str
    doing: str
    apply: Callable[[Image, int], Image]
    moved_px: int = 0


def _jpeg(quality: int) -> Callable[[Image, int], Image]:
    def saved(image: Image, number: int) -> Image:  # noqa: ARG001
        written, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
        assert written
        return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)

    return saved


def _noise(image: Image, number: int) -> Image:
    """Normal noise with a standard deviation of one grey level."""
    drawn = np.random.default_rng(number).standard_normal(image.shape, np.float32)
    return np.asarray(np.clip(np.rint(drawn + image), 0, 255), np.uint8)


def _to_the_right(image: Image, number: int) -> Image:  # noqa: ARG001
    """The left edge's pixels are repeated."""
    return np.concatenate([image[:, :1], image[:, :-1]], axis=1)


NOISE = Perturbation("one grey level of noise", "adding noise of one grey level", _noise)
JPEG_98 = Perturbation("JPEG 98", "saving the image once more at JPEG quality 98", _jpeg(98))
JPEG_95 = Perturbation("JPEG 95", "saving the image once more at JPEG quality 95", _jpeg(95))
SHIFT = Perturbation("one pixel to the right", "moving the image by one pixel", _to_the_right, moved_px=1)
PERTURBATIONS = {each.name: each for each in (NOISE, JPEG_98, JPEG_95, SHIFT)}


def perturbation(name: str) -> Perturbation:
    """A perturbation by its name.

    Raises:
        InputError: there is none of this name.
    """
    if name not in PERTURBATIONS:
        raise InputError(f"unknown perturbation {name!r}", fix=f"use one of {', '.join(PERTURBATIONS)}")
    return PERTURBATIONS[name]
