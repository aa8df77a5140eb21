"""Files of labels that are named like the images: beside them, in another folder, or in one folder for all."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from edgeface.images.folder import list_images
from edgeface.reading.regular_file import is_file


@dataclass(frozen=True)
class LabelFiles:
    """The file of labels of each image that has one, and the names of the others."""

    labels: dict[Path, Path]
    unlabeled: tuple[str, ...]


def labeled_files(labels: Path, images: Path, suffix: str, leave_out: str = "") -> LabelFiles:
    """The images of a folder with the files of labels in another.

    Args:
        labels: the folder of labels; those of an image in a subfolder are in one of the same name, or directly in it.
        images: the folder of images.
        suffix: that of files of labels.
        leave_out: the name of a file that holds no labels.

    Raises:
        InputError: the folder has no images.
    """
    found: dict[Path, Path] = {}
    missing = []
    for image in list_images(images):
        relative = image.relative_to(images)
        candidates = (labels / relative.with_suffix(suffix), labels / f"{image.stem}{suffix}")
        file = next((path for path in candidates if is_file(path) and path.name != leave_out), None)
        if file is None:
            missing.append(relative.as_posix())
        else:
            found[image] = file
    return LabelFiles(found, tuple(missing))
