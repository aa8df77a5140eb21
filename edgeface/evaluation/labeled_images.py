"""Images with labeled boxes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from edgeface.tasks.detection.average_precision import LabeledDetections, PrecisionCurve, rank_detections
from edgeface.tasks.detection.faces import Face

SMALL_PX = 10
"""Faces below this size are left out of one of the figures: their labels are often missing or uncertain."""


class LabeledImages(Protocol):
    """Images, and the evaluation of detections in them."""

    @property
    def kind(self) -> str:
        """The kind of labels."""

    @property
    def files(self) -> list[Path]:
        """The images that have labels."""

    @property
    def unlabeled(self) -> tuple[str, ...]:
        """Names of images that have none."""

    def curves(self, found: Sequence[Sequence[Face]]) -> Mapping[str, PrecisionCurve]:
        """Precision–recall curves by name, of the faces found in each file."""


@dataclass(frozen=True)
class Boxes:
    """The labels of an image: boxes float32 [n,4], x1, y1, x2, y2 in pixels.

    `ignored` is bool [n]: faces that need not be found, and may be, as blurred crowds.
    """

    boxes: NDArray[np.float32]
    ignored: NDArray[np.bool_]

    @classmethod
    def of(cls, boxes: Sequence[Sequence[float]], ignored: Sequence[bool] = ()) -> Boxes:
        """Of lists; without `ignored` every box counts."""
        array = np.array(boxes, np.float32).reshape(-1, 4)
        return cls(array, np.array(ignored, bool) if len(ignored) else np.zeros(len(array), bool))


@dataclass(frozen=True)
class BoxImages:
    """Images with boxes."""

    kind: str
    files: list[Path]
    boxes: list[Boxes]
    unlabeled: tuple[str, ...] = ()

    def curves(self, found: Sequence[Sequence[Face]]) -> dict[str, PrecisionCurve]:
        """Over all labeled faces, and over those of at least 10 pixels."""

        def judged() -> Iterator[LabeledDetections]:
            for faces, labels in zip(found, self.boxes, strict=True):
                yield LabeledDetections(faces, labels.boxes, labels.ignored)

        return {
            "all faces": rank_detections(judged()),
            f"faces from {SMALL_PX} px": rank_detections(judged(), SMALL_PX),
        }
