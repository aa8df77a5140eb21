"""Labeled images: with Pascal-VOC boxes, or WIDER FACE's ground truth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from edgeface.errors import InputError
from edgeface.images.files import EXTENSIONS, list_images
from edgeface.reading.regular_file import is_file, is_folder
from edgeface.tasks.detection.average_precision import LabeledDetections, PrecisionCurve, rank_detections
from edgeface.tasks.detection.faces import Face
from edgeface.tasks.detection.pascal_voc import read_labels
from edgeface.tasks.detection.wider import SETTINGS, WiderDetections, WiderLabels, wider_curve
from edgeface.tasks.detection.wider_labels import is_wider_folder, read_wider_labels

LISTED = 8
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
class VocImages:
    """Images with Pascal-VOC boxes, float32 [n,4] each."""

    files: list[Path]
    boxes: list[NDArray[np.float32]]
    unlabeled: tuple[str, ...]
    kind: str = "Pascal-VOC boxes"

    def curves(self, found: Sequence[Sequence[Face]]) -> dict[str, PrecisionCurve]:
        """Over all labeled faces, and over those of at least 10 pixels."""
        judged = [LabeledDetections(faces, boxes) for faces, boxes in zip(found, self.boxes, strict=True)]
        return {"all faces": rank_detections(judged), f"faces from {SMALL_PX} px": rank_detections(judged, SMALL_PX)}


@dataclass(frozen=True)
class WiderImages:
    """WIDER FACE's validation set; `names` are the files' in its ground truth."""

    files: list[Path]
    names: list[str]
    labels: dict[str, WiderLabels]
    unlabeled: tuple[str, ...] = ()
    kind: str = "WIDER FACE"

    def curves(self, found: Sequence[Sequence[Face]]) -> dict[str, PrecisionCurve]:
        """By the settings easy, medium and hard."""
        detections = {name: WiderDetections.of(faces) for name, faces in zip(self.names, found, strict=True)}
        return {setting: wider_curve(detections, self.labels, setting) for setting in SETTINGS}


def read_labeled(labels: Path, images: Path) -> LabeledImages:
    """The images of a folder with their labels.

    Args:
        labels: a folder of XML files, or of WIDER FACE's ground truth (then `images` is its folder of event folders
            or the parent folder).
        images: the folder of images.

    Raises:
        InputError: a folder is missing or empty, labels cannot be read, no image has labels, or images of
            WIDER FACE are missing.
    """
    if not is_folder(labels):
        raise InputError("there is no such folder", where=str(labels), fix="pass --labels the folder of labels")
    return _wider(labels, images) if is_wider_folder(labels) else _voc(labels, images)


def _voc(labels: Path, images: Path) -> VocImages:
    found = list_images(images)
    files = [file for file in found if is_file(labels / f"{file.stem}.xml")]
    if not files:
        raise InputError(
            f"none of {len(found)} images has a NAME.xml in the folder of labels",
            where=f"{images}, {labels}",
            fix="pass --labels a folder of Pascal-VOC XML files named like the images, or of WIDER FACE's .mat files",
        )
    boxes = [read_labels(labels / f"{file.stem}.xml") for file in files]
    labeled = set(files)
    return VocImages(files, boxes, tuple(file.name for file in found if file not in labeled))


def _wider(labels: Path, images: Path) -> WiderImages:
    labeled = read_wider_labels(labels)
    roots = [root for root in (images, images / "images") if is_folder(root)]
    files = {name: _find(roots, name) for name in labeled}
    missing = [name for name, file in files.items() if file is None]
    if missing:
        listed = "; ".join(missing[:LISTED])
        more = f"; and {len(missing) - LISTED} more" if len(missing) > LISTED else ""
        raise InputError(
            f"{len(missing)} of {len(files)} images are missing: {listed}{more}",
            where=str(images),
            fix="pass --images the folder WIDER_val of WIDER FACE's validation set",
        )
    return WiderImages([file for file in files.values() if file is not None], list(labeled), labeled)


def _find(roots: Sequence[Path], name: str) -> Path | None:
    candidates = (root / f"{name}{extension}" for root in roots for extension in EXTENSIONS)
    return next((file for file in candidates if is_file(file)), None)
