"""Formats of labeled boxes: one module each."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol, cast

from edgeface.evaluation.label_formats import coco, pascal_voc, wider_face, wider_text, yolo
from edgeface.evaluation.labeled_images import LabeledImages


class LabelFormat(Protocol):
    """What a module of this folder holds."""

    NAME: str

    def find(self, labels: Path, images: Path, /) -> Path | None:
        """What to read, if the labels are of this format, by what they hold."""

    def read(self, labels: Path, images: Path, /) -> LabeledImages:
        """The labeled images; `labels` is what `find` gave.

        Raises:
            InputError: labels cannot be read, or listed images are missing.
        """


FORMATS = cast(tuple[LabelFormat, ...], (wider_face, wider_text, coco, pascal_voc, yolo))
