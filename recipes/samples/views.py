"""Images for a detector: square views of scenes and portraits at many scales, alone or in tiles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import cv2
import numpy as np
from distort import Image, degrade, hide, mirror, recolor
from images import Images
from textures import texture

SIDE_PX = 256
HELD_OUT_EVERY = 20
_MEAN = (104, 117, 123)
_TILES = (1, 2, 3, 4)
_TILE_SHARES = (0.6, 0.2, 0.1, 0.1)
_PORTRAITS = 0.45
_MISJUDGED = 0.5
_TEXTURES = 0.12

Points = Sequence[tuple[float, float]]


class Views:
    """Random views.

    Args:
        images: of what.
        centres: points x, y in each scene, pixels, that most views of it show one of: faces are small in scenes.
        misjudged: portraits by their number, with points that half of all views of portraits show one of; where there
            are any, some views show textures without faces too.
    """

    def __init__(
        self, images: Images, centres: Sequence[Points], misjudged: Mapping[int, Points] | None = None
    ) -> None:
        self._scenes, self._portraits, self._centres = images.scenes, images.portraits, centres
        self._misjudged = [(number, point) for number, points in (misjudged or {}).items() for point in points]

    def changed(self, random: np.random.Generator) -> Image:
        """One, four, nine or sixteen views, mirrored, recolored and degraded: uint8 [256,256,3]."""
        tiles = int(random.choice(_TILES, p=_TILE_SHARES))
        side = -(-SIDE_PX // tiles)
        rows = [np.hstack([self.plain(random, side) for _ in range(tiles)]) for _ in range(tiles)]
        image = np.vstack(rows)[:SIDE_PX, :SIDE_PX]
        if random.random() < 0.2:
            image = hide(image, random)
        return degrade(recolor(mirror(image, random), random), random)

    def plain(self, random: np.random.Generator, side_px: int = SIDE_PX, held_out: bool = False) -> Image:
        """A square part of an image: of a scene whole to single faces, of a portrait whole to half a face."""
        if self._misjudged and not held_out:
            kind = random.random()
            if kind < _TEXTURES:
                return texture(random, side_px)
            if kind < _TEXTURES + _PORTRAITS * _MISJUDGED:
                number, point = self._misjudged[int(random.integers(0, len(self._misjudged)))]
                return self._portrait(random, number, side_px, point)
        if random.random() < _PORTRAITS:
            return self._portrait(random, _pick(random, len(self._portraits), held_out), side_px, None)
        return self.scene(random, side_px, held_out)

    def scene(self, random: np.random.Generator, side_px: int, held_out: bool = False) -> Image:
        """A square part of a scene."""
        number = _pick(random, len(self._scenes), held_out)
        scene, centres = self._scenes[number], self._centres[number]
        scale = _between(random, max(side_px / max(scene.shape[:2]), 0.25), 1.4)
        shown = centres[int(random.integers(0, len(centres)))] if centres and random.random() < 0.7 else None
        return _cut(scene, random, side_px, scale, shown)

    def _portrait(
        self, random: np.random.Generator, number: int, side_px: int, shown: tuple[float, float] | None
    ) -> Image:
        portrait = self._portraits[number]
        fit = side_px / max(portrait.shape[:2])
        return _cut(portrait, random, side_px, _between(random, 0.6 * fit, 2.2 * fit), shown)


def _pick(random: np.random.Generator, count: int, held_out: bool) -> int:
    """An image's number: every twentieth is held out."""
    number = int(random.integers(0, count))
    number -= number % HELD_OUT_EVERY
    return number if held_out else min(number + int(random.integers(1, HELD_OUT_EVERY)), count - 1)


def _between(random: np.random.Generator, low: float, high: float) -> float:
    return float(np.exp(random.uniform(np.log(low), np.log(max(low, high)))))


def _cut(
    source: Image, random: np.random.Generator, side_px: int, scale: float, shown: tuple[float, float] | None
) -> Image:
    """A square view at a scale, with the point `shown` in it.

    Beside the image is the mean color, which the detector's input has there too.
    """
    stretch = float(np.exp(random.normal(0, 0.06)))
    part, place = [], []
    for axis, factor in enumerate((scale / stretch, scale * stretch)):  # rows, then columns
        length, window = source.shape[axis], side_px / factor
        begin = _begin(random, length, window, None if shown is None else shown[1 - axis])
        first, last = max(int(begin), 0), min(int(begin + window) + 1, length)
        pixels = max(1, min(round((last - first) * factor), side_px))
        at = min(max(round(-begin * factor), 0), side_px - pixels)
        part.append(slice(first, last))
        place.append(slice(at, at + pixels))
    rows, columns = (where.stop - where.start for where in place)
    method = cv2.INTER_AREA if scale < 1 and random.random() < 0.8 else cv2.INTER_LINEAR
    view = np.full((side_px, side_px, 3), _MEAN, np.uint8)
    view[tuple(place)] = cv2.resize(source[tuple(part)], (columns, rows), interpolation=method)
    return view


def _begin(random: np.random.Generator, length: int, window: float, shown: float | None) -> float:
    """Where a window begins: anywhere, a little over the edge, or around a point of the image."""
    low, high = sorted((0.0, length - window))
    if shown is not None and window < length:
        low, high = max(low, shown - 0.9 * window), min(high, shown - 0.1 * window)
        return float(random.uniform(low, high)) if low < high else min(max(shown - window / 2, 0.0), length - window)
    margin = 0.05 * min(window, length)
    return float(random.uniform(low - margin, high + margin))
