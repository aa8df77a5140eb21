"""Images that show the same: equal files, re-encoded or resized copies, and near-equal frames of a video.

Each image is reduced to 32 × 32 gray pixels without their mean, as a vector of length 1; two images are compared by the
square of their distance, 0 to 4. Measured on 128 photographs of WIDER FACE and 6 662 of LFW: a copy at JPEG quality 50,
at half its size, 10 gray levels brighter, with noise of σ = 8 or with a gamma of 1.2 is at most 0.018 away, one moved
by a pixel 0.003 to 0.05; the photographs that LFW holds twice are 0.003 to 0.038 apart, photographs of two persons at
least 0.1, cropped to their faces at least 0.08.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from edgeface.images.files import read_gray

SIDE_PX = 32
MAX_DISTANCE = 0.04
_ROUNDING = 1e-4
_COARSE_PX = 8
_MIN_CONTRAST = 2.0
"""Gray levels; below this standard deviation an image is flat, and noise alone tells it from another."""


@dataclass(frozen=True)
class Distinct:
    """Files that show different things, in their order, and each left out with the one that shows the same."""

    files: list[Path]
    copies: list[tuple[Path, Path]]


def distinct(files: Sequence[Path], others: Sequence[Path] = ()) -> Distinct:
    """The files without those that show what an earlier file, or one of `others`, shows.

    Files that cannot be decoded stay: whoever reads them says what is wrong with them.

    Args:
        files: image files.
        others: image files used elsewhere, of which none may be among the result.
    """
    result = Distinct([], [])
    seen = _Seen(len(files) + len(others))
    for number, file in enumerate((*others, *files)):
        small = _small(file)
        like = None if small is None else seen.nearest(small)
        if like is not None and number >= len(others):
            result.copies.append((file, like))
            continue
        if small is not None:
            seen.add(file, small)
        if number >= len(others):
            result.files.append(file)
    return result


class _Seen:
    """The images so far, in little memory: their gray pixels, and the coarse part of what they show.

    Of ten thousand images each is compared with thousands. The coarse parts of two images are never farther apart than
    the images: they find the few that may be near, whose whole distances decide.

    Args:
        most: how many there will be.
    """

    def __init__(self, most: int) -> None:
        self._files: list[Path] = []
        self._pixels = np.zeros((most, SIDE_PX, SIDE_PX), np.uint8)
        self._coarse = np.zeros((most, _COARSE_PX**2), np.float32)
        self._lengths = np.zeros(most, np.float32)

    def add(self, file: Path, small: NDArray[np.uint8]) -> None:
        """Add a file with its gray pixels."""
        place = len(self._files)
        self._files.append(file)
        self._pixels[place], self._coarse[place] = small, _coarse(_vector(small))
        self._lengths[place] = np.square(self._coarse[place]).sum()

    def nearest(self, small: NDArray[np.uint8]) -> Path | None:
        """The first file that is near enough."""
        found, count = _vector(small), len(self._files)
        coarse = _coarse(found)
        apart = self._lengths[:count] + np.square(coarse).sum() - 2 * (self._coarse[:count] @ coarse)
        maybe = np.flatnonzero(apart <= MAX_DISTANCE + _ROUNDING)
        vectors = np.array([_vector(self._pixels[place]) for place in maybe], np.float32).reshape(-1, SIDE_PX**2)
        near = maybe[np.square(vectors - found).sum(axis=1) <= MAX_DISTANCE]
        return self._files[near[0]] if len(near) else None


def _small(file: Path) -> NDArray[np.uint8] | None:
    """An image in gray pixels, uint8 [32,32]; None where it cannot be decoded."""
    image = read_gray(file, 4 * SIDE_PX)
    if image is None:
        return None
    return np.asarray(cv2.resize(image, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_AREA), np.uint8)


def _vector(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """What an image shows, float32 [1024]: of length 1, or shorter where it is flat."""
    small = pixels.astype(np.float32).ravel()
    small -= small.mean()
    return np.asarray(small / max(float(np.linalg.norm(small)), _MIN_CONTRAST * SIDE_PX), np.float32)


def _coarse(vector: NDArray[np.float32]) -> NDArray[np.float32]:
    """A vector's lowest frequencies, float32 [64]: coordinates in some of the axes of a turned space."""
    waves = cv2.dct(vector.reshape(SIDE_PX, SIDE_PX))
    return np.asarray(waves[:_COARSE_PX, :_COARSE_PX], np.float32).ravel()
