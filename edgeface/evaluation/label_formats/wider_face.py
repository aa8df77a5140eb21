"""WIDER FACE's ground truth, as its own evaluation program reads it: easy, medium and hard."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from edgeface.evaluation.label_formats.listed_images import listed_images
from edgeface.images.folder import EXTENSIONS
from edgeface.tasks.detection.average_precision import PrecisionCurve
from edgeface.tasks.detection.faces import Face
from edgeface.tasks.detection.wider import SETTINGS, WiderDetections, WiderLabels, wider_curve
from edgeface.tasks.detection.wider_labels import is_wider_folder, read_wider_labels

NAME = "WIDER FACE"


@dataclass(frozen=True)
class WiderImages:
    """WIDER FACE's validation set; `names` are the files' in its ground truth."""

    files: list[Path]
    names: list[str]
    labels: dict[str, WiderLabels]
    unlabeled: tuple[str, ...] = ()
    kind: str = NAME

    def curves(self, found: Sequence[Sequence[Face]]) -> dict[str, PrecisionCurve]:
        """By the settings easy, medium and hard."""
        detections = {name: WiderDetections.of(faces) for name, faces in zip(self.names, found, strict=True)}
        return {setting: wider_curve(detections, self.labels, setting) for setting in SETTINGS}


def find(labels: Path, _: Path) -> Path | None:
    """The folder, if it holds the ground truth."""
    return labels if is_wider_folder(labels) else None


def read(labels: Path, images: Path) -> WiderImages:
    """The validation set; `images` is its folder of event folders, or the parent folder.

    Raises:
        InputError: the ground truth cannot be read, or images are missing.
    """
    labeled = read_wider_labels(labels)
    return WiderImages(listed_images(list(labeled), images, EXTENSIONS), list(labeled), labeled)
