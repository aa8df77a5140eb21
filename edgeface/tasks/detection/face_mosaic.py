"""The same faces at many sizes, side by side in few images of the network's own size.

Large faces are found under almost any preprocessing; as they get smaller, a wrong one loses them first. One run shows
dozens of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from edgeface.tasks.detection.face_search import FoundFace
from edgeface.tasks.task import Image

SIDES_PX = (64, 44, 30, 21, 15)
_GAP_PX = 4
_MAX_ENLARGED = 2.5


@dataclass(frozen=True)
class Tile:
    """A face in a mosaic: its number, and its box x1, y1, x2, y2 in pixels of the tile or mosaic."""

    face: int
    image: Image
    box: NDArray[np.float32]

    def moved(self, x: int, y: int) -> Tile:
        """The tile with its box where it stands in the mosaic."""
        return Tile(self.face, self.image, self.box + np.array([x, y, x, y], np.float32))


@dataclass(frozen=True)
class Mosaic:
    """An image uint8 [height,width,3] in BGR of tiles, with the faces in it."""

    image: Image
    tiles: tuple[Tile, ...]


def mosaics(faces: Sequence[FoundFace], height: int, width: int) -> list[Mosaic]:
    """The faces at every size that fits, every second one mirrored, in as few images as rows allow."""
    around = min(1.0, max((min(height, width) / SIDES_PX[0] - 1) / 2, 0.0))  # as much as lets the largest fit
    tiles = [tile for number, face in enumerate(faces) for tile in _tiles(number, face, around)]
    rest = [tile for tile in tiles if tile.image.shape[0] <= height and tile.image.shape[1] <= width]
    rest.sort(key=lambda tile: -tile.image.shape[0])
    found = []
    while rest:
        canvas = np.zeros((height, width, 3), np.uint8)
        placed, rest = _fill(canvas, rest)
        found.append(Mosaic(canvas, tuple(placed)))
    return found


def _tiles(number: int, face: FoundFace, around: float) -> Iterator[Tile]:
    x1, y1, x2, y2 = (float(v) for v in face.box)
    side = max((x2 - x1 + y2 - y1) / 2, 4.0)
    left, top = max(0, int(x1 - around * side)), max(0, int(y1 - around * side))
    crop = face.image[top : int(y2 + around * side) + 1, left : int(x2 + around * side) + 1]
    for index, wanted in enumerate(SIDES_PX):
        scale = wanted / side
        if scale > _MAX_ENLARGED:
            continue
        rows, columns = (max(1, round(length * scale)) for length in crop.shape[:2])
        interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        image = np.asarray(cv2.resize(crop, (columns, rows), interpolation=interpolation), np.uint8)
        box = (face.box - np.array([left, top, left, top], np.float32)) * np.float32(scale)
        if index % 2:
            image = np.ascontiguousarray(image[:, ::-1])
            box = np.array([columns - box[2], box[1], columns - box[0], box[3]], np.float32)
        yield Tile(number, image, box)


def _fill(canvas: Image, tiles: Sequence[Tile]) -> tuple[list[Tile], list[Tile]]:
    """Tiles, by falling height, placed in rows on the canvas; and those that found no room."""
    height, width = canvas.shape[:2]
    placed: list[Tile] = []
    rest, y = list(tiles), 0
    while True:
        x, row, left = 0, 0, []
        for tile in rest:
            rows, columns = tile.image.shape[:2]
            if x + columns > width or y + rows > height:
                left.append(tile)
                continue
            canvas[y : y + rows, x : x + columns] = tile.image
            placed.append(tile.moved(x, y))
            x, row = x + columns + _GAP_PX, max(row, rows)
        if len(left) == len(rest):
            return placed, left
        rest, y = left, y + row + _GAP_PX
