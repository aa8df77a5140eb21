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
    seen: list[Path] = []
    vectors = np.zeros((len(files) + len(others), SIDE_PX * SIDE_PX), np.float32)
    for number, file in enumerate((*others, *files)):
        found = _vector(file)
        like = None if found is None else _nearest(vectors[: len(seen)], found)
        if like is not None and number >= len(others):
            result.copies.append((file, seen[like]))
            continue
        if found is not None:
            vectors[len(seen)] = found
            seen.append(file)
        if number >= len(others):
            result.files.append(file)
    return result


def _nearest(vectors: NDArray[np.float32], found: NDArray[np.float32]) -> int | None:
    """The index of the first vector that is near enough; all are of length 1, or shorter where images are flat.

    Of ten thousand images each is compared with thousands: products find the few that may be near, in a tenth of the
    time, and their distances decide.
    """
    length = float(found @ found)
    maybe = np.flatnonzero(vectors @ found >= (length + _least(length) - MAX_DISTANCE) / 2 - _ROUNDING)
    near = maybe[np.square(vectors[maybe] - found).sum(axis=1) <= MAX_DISTANCE]
    return int(near[0]) if len(near) else None


def _least(length: float) -> float:
    """The least square of the length that a vector within the maximum distance of one of a squared length has."""
    return float(max(length**0.5 - MAX_DISTANCE**0.5, 0.0) ** 2)


def _vector(file: Path) -> NDArray[np.float32] | None:
    """What an image shows, float32 [1024]; None where it cannot be decoded."""
    image = read_gray(file, 4 * SIDE_PX)
    if image is None:
        return None
    small = cv2.resize(image, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_AREA).astype(np.float32).ravel()
    small -= small.mean()
    return np.asarray(small / max(float(np.linalg.norm(small)), _MIN_CONTRAST * SIDE_PX), np.float32)
