"""Pictures of no face at all: flags, stripes, checks, dots, waves and clouds, folded, shaded and torn."""

from __future__ import annotations

import cv2
import numpy as np
from distort import Image
from numpy.typing import NDArray


def texture(random: np.random.Generator, side_px: int) -> Image:
    """A square picture uint8 [side,side,3] of a pattern in two to four colors, with folds and light of a cloth."""
    across, down = np.meshgrid(*[np.linspace(0, 1, side_px, dtype=np.float32)] * 2)
    for _ in range(int(random.integers(0, 3))):
        across, down = _folded(across, down, random), _folded(down, across, random)
    angle = random.choice([0.0, np.pi / 2, random.uniform(0, np.pi)])
    turned = across * np.cos(angle) + down * np.sin(angle)
    beside = down * np.cos(angle) - across * np.sin(angle)
    colors = random.integers(0, 256, (4, 3)).astype(np.float32)
    picture = colors[_pattern(turned, beside, random) % int(random.integers(2, 5))]
    if random.random() < 0.5:
        corner = (turned < random.uniform(0.2, 0.8)) & (beside < random.uniform(0.2, 0.8))
        inset = colors[::-1][_pattern(turned, beside, random) % 2]
        picture = np.where(corner[..., None], inset, picture)
    light = 1 + random.uniform(0, 0.5) * (_clouds(random, side_px) - 0.5)[..., None]
    return np.clip(picture * light, 0, 255).astype(np.uint8)


def _folded(moved: NDArray[np.float32], along: NDArray[np.float32], random: np.random.Generator) -> NDArray[np.float32]:
    waves = np.sin(2 * np.pi * (random.uniform(0.5, 5) * along + random.random()))
    return np.asarray(moved + random.uniform(0, 0.05) * waves, np.float32)


def _pattern(x: NDArray[np.float32], y: NDArray[np.float32], random: np.random.Generator) -> NDArray[np.int64]:
    """Which color where: int64 [side,side]."""
    often = float(np.exp(random.uniform(np.log(2), np.log(24))))
    column, row = np.floor(x * often).astype(np.int64), np.floor(y * often).astype(np.int64)
    kind = int(random.integers(0, 5))
    if kind == 0:
        return np.abs(column)
    if kind == 1:
        return np.abs(column + row)
    across, down = x * often - column - 0.5, y * often - row - 0.5
    if kind == 2:
        return np.asarray(np.hypot(across, down) < random.uniform(0.15, 0.45), np.int64)
    if kind == 3:
        angle, radius = np.arctan2(down, across), np.hypot(across, down)
        return np.asarray(radius < 0.2 + 0.15 * np.cos(5 * angle), np.int64)
    return np.asarray(4 * _clouds(random, len(x)), np.int64)


def _clouds(random: np.random.Generator, side_px: int) -> NDArray[np.float32]:
    """Smooth noise of 0 to 1, float32 [side,side]."""
    total = np.zeros((side_px, side_px), np.float32)
    for cells in (2, 5, 11, 23):
        coarse = random.random((cells, cells)).astype(np.float32) / np.sqrt(cells)
        total += cv2.resize(coarse, (side_px, side_px), interpolation=cv2.INTER_CUBIC)
    return np.asarray(cv2.normalize(total, None, 0, 1, cv2.NORM_MINMAX), np.float32)
