"""Pascal-VOC boxes: a NAME.xml for each image."""

from __future__ import annotations

from pathlib import Path

from edgeface.evaluation.label_formats.beside_images import labeled_files
from edgeface.evaluation.labeled_images import Boxes, BoxImages
from edgeface.reading.regular_file import is_folder
from edgeface.tasks.detection.pascal_voc import read_labels

NAME = "Pascal-VOC boxes"


def find(labels: Path, images: Path) -> Path | None:
    """The folder, if it has a NAME.xml for an image."""
    return labels if is_folder(labels) and labeled_files(labels, images, ".xml").labels else None


def read(labels: Path, images: Path) -> BoxImages:
    """The images that have a file of labels.

    Raises:
        InputError: a file cannot be read.
    """
    found = labeled_files(labels, images, ".xml")
    boxes = [Boxes.of(read_labels(path).tolist()) for path in found.labels.values()]
    return BoxImages(NAME, list(found.labels), boxes, found.unlabeled)
