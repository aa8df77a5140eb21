"""Labeled images in any of the formats that are known, recognized by what they hold."""

from __future__ import annotations

from pathlib import Path

from edgeface.errors import InputError
from edgeface.evaluation.label_formats import FORMATS
from edgeface.evaluation.labeled_images import LabeledImages
from edgeface.reading.regular_file import is_folder, is_there

_KNOWN = ", ".join(known.NAME for known in FORMATS)


def read_labeled(labels: Path, images: Path) -> LabeledImages:
    """The images of a folder with their labels.

    Args:
        labels: a folder or file in one of the formats of `label_formats`.
        images: the folder of images, or the labels: then the folder that these are in.

    Raises:
        InputError: a folder is missing or empty, labels cannot be read or are of no known format or of several, no
            image has labels, or images that are listed are missing.
    """
    if not is_there(labels):
        raise InputError("there is no such folder or file", where=str(labels), fix="pass --labels the labels")
    if images == labels and not is_folder(images):
        images = labels.parent
    if not is_folder(images):
        raise InputError("there is no such folder", where=str(images), fix="pass the folder of images")
    found = [(known, at) for known in FORMATS if (at := known.find(labels, images)) is not None]
    if len(found) > 1:
        raise InputError(
            f"there are labels in several formats: {', '.join(known.NAME for known, _ in found)}",
            where=str(labels),
            fix="put those that count into a folder of their own, or pass the file",
        )
    if not found:
        raise InputError(
            "no image has labels in a known format",
            where=str(labels) if images == labels else f"{labels}, for {images}",
            fix=f"pass --labels a folder with a NAME.xml or NAME.txt for each image, or a file; known: {_KNOWN}",
        )
    known, at = found[0]
    return known.read(at, images)
