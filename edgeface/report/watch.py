"""Look on while an artifact is proven, and remember the images that say most: the worst, and a typical one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from edgeface.contracts import Contract, DetectionContract
from edgeface.report.crop import Crop, crop
from edgeface.report.differences import differences
from edgeface.tasks.detection.faces import Face
from edgeface.tasks.task import Agreement, View

WORST_SCENES, WORST_FACES = 3, 8
CLOSEUPS = 4
TYPICAL_OF = 16
SIDE_PX = 720
"""Longer side of an image in a report."""


@dataclass(frozen=True)
class Sight:
    """An image with what both networks made of it.

    `image` is uint8 [h,w,3] in BGR, images shrunk to `SIDE_PX`; `shape` the image's own height and width
    in pixels, in which the faces are; `severity` orders images, the worst last. `closeups` are of the original.
    """

    index: int
    image: NDArray[np.uint8]
    shape: tuple[int, int]
    severity: tuple[float, ...]
    reference: tuple[Face, ...] = ()
    candidate: tuple[Face, ...] = ()
    closeups: tuple[Crop, ...] = ()


@dataclass
class Watcher:
    """What the comparison of an artifact shows. Pass `see` as `watch` to `edgeface.validate.compare.compare`.

    `first` is the first image's tensor, on which the error by layer is taken; `count` the images so far.
    """

    contract: Contract
    images: bool = True
    first: NDArray[np.float32] | None = None
    count: int = 0
    _worst: list[Sight] = field(default_factory=list)
    _early: list[Sight] = field(default_factory=list)

    def see(self, shown: View, reference: Any, candidate: Any, agreed: Agreement | None) -> None:
        """Remember an image, if it is among the worst or the first ones."""
        if self.first is None:
            self.first = shown.tensor
        index, self.count = self.count, self.count + 1
        if agreed is None or not self.images:
            return
        severity = agreed.severity
        wanted = len(self._worst) < self.most or severity > self._worst[-1].severity
        if not wanted and len(self._early) >= TYPICAL_OF:
            return
        sight = self._sight(index, shown, severity, reference, candidate)
        if len(self._early) < TYPICAL_OF:
            self._early.append(sight)
        self._worst = sorted([*self._worst, sight], key=lambda item: (tuple(-x for x in item.severity), item.index))
        del self._worst[self.most :]

    @property
    def most(self) -> int:
        """How many of the worst images are kept."""
        return WORST_SCENES if isinstance(self.contract, DetectionContract) else WORST_FACES

    def chosen(self) -> tuple[list[Sight], Sight | None]:
        """The worst images, the worst first, and the middle of the first ones where it is none of those."""
        ordered = sorted(self._early, key=lambda sight: (sight.severity, sight.index))
        seen = [sight for sight in ordered if sight.reference or not isinstance(self.contract, DetectionContract)]
        typical = seen[len(seen) // 2] if seen else None
        return list(self._worst), None if typical in self._worst else typical

    def _sight(self, index: int, shown: View, severity: tuple[float, ...], reference: Any, candidate: Any) -> Sight:
        height, width = shown.image.shape[:2]
        if not isinstance(self.contract, DetectionContract):
            return Sight(index, shown.image, (height, width), severity)
        first, second = tuple(reference), tuple(candidate)
        crops = tuple(crop(shown.image, found) for found in differences(first, second)[:CLOSEUPS])
        return Sight(index, _shrunk(shown.image), (height, width), severity, first, second, crops)


def _shrunk(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    height, width = image.shape[:2]
    scale = SIDE_PX / max(height, width)
    if scale >= 1:
        return image.copy()
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
