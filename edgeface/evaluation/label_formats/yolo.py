"""YOLO boxes: a NAME.txt for each image with lines `class cx cy w h`, as shares of the image's sides.

Lines with landmarks after the box, of two or three numbers each, are read too. The files are beside the images, in the
folder of labels, or in a folder `labels` of either.
"""

from __future__ import annotations

from pathlib import Path

from edgeface.errors import InputError
from edgeface.evaluation.label_formats.beside_images import LabelFiles, labeled_files
from edgeface.evaluation.label_formats.number_lines import line_error, numbers_in
from edgeface.evaluation.labeled_images import Boxes, BoxImages
from edgeface.images.files import read_image
from edgeface.reading.document import read_lines, read_text
from edgeface.reading.kinds import LABELS
from edgeface.reading.regular_file import is_file, is_folder

NAME = "YOLO boxes"
_BOX = 5
_MIN_LANDMARKS = 4
_MAX_LANDMARKS = 128
_CLASSES = "classes.txt"
_FACE = "face"
_TOLERANCE = 0.01
_FIX = "write lines of `class cx cy w h`, each as a share of the image's width or height, from 0 to 1"


def find(labels: Path, images: Path) -> Path | None:
    """The folder of labels, if it has a NAME.txt of such lines for an image."""
    candidates = (labels, labels / "labels", images.with_name("labels")) if is_folder(labels) else ()
    return next((each for each in candidates if is_folder(each) and _files(each, images).labels), None)


def read(labels: Path, images: Path) -> BoxImages:
    """The images that have a file of labels; an empty file says that there is no face.

    Raises:
        InputError: a line is not a box, or there are several classes of which none is named "face".
    """
    found = _files(labels, images)
    lines = {image: _lines(path) for image, path in found.labels.items()}
    wanted = _face_class(labels, {int(box[0]) for boxes in lines.values() for box in boxes})
    boxes = [_boxes(image, [box for box in each if int(box[0]) == wanted]) for image, each in lines.items()]
    return BoxImages(NAME, list(lines), boxes, found.unlabeled)


def _files(labels: Path, images: Path) -> LabelFiles:
    found = labeled_files(labels, images, ".txt", _CLASSES)
    return found if any(_is_yolo(path) for path in found.labels.values()) else LabelFiles({}, found.unlabeled)


def _is_yolo(path: Path) -> bool:
    try:
        lines = read_lines(path, LABELS)
    except InputError:  # some other file of that name
        return False
    numbers = numbers_in(lines[0][1]) if lines else None
    return numbers is not None and _is_box(len(numbers))


def _is_box(numbers: int) -> bool:
    """Whether a line has so many numbers: class and box, or landmarks besides."""
    counts = range(_MIN_LANDMARKS, _MAX_LANDMARKS + 1)
    return numbers == _BOX or any(numbers == _BOX + values * count for values in (2, 3) for count in counts)


def _lines(path: Path) -> list[list[float]]:
    found = []
    for number, line in read_lines(path, LABELS):
        numbers = numbers_in(line)
        if numbers is None or not _is_box(len(numbers)) or numbers[0] < 0 or numbers[0] % 1:
            raise line_error(number, line, "is not a box `class cx cy w h`", path, _FIX)
        if not all(-_TOLERANCE <= share <= 1 + _TOLERANCE for share in numbers[1:5]) or min(numbers[3:5]) <= 0:
            raise line_error(number, line, "is no box of shares from 0 to 1", path, _FIX)
        found.append(numbers[:5])
    return found


def _face_class(labels: Path, classes: set[int]) -> int:
    """The class of faces: the only one, or the one that classes.txt names so."""
    names = next((each for each in (labels / _CLASSES, labels.parent / _CLASSES) if is_file(each)), None)
    named = [] if names is None else [line.strip().lower() for line in read_text(names, LABELS).splitlines()]
    if _FACE in named:
        return named.index(_FACE)
    if len(classes) > 1:
        raise InputError(
            f"the boxes are of classes {', '.join(map(str, sorted(classes)))}, and which are faces is unknown",
            where=str(labels),
            fix=f"keep the faces' boxes only, or add a {_CLASSES} with a line `{_FACE}`",
        )
    return next(iter(classes), 0)


def _boxes(image: Path, shares: list[list[float]]) -> Boxes:
    height, width = read_image(image).shape[:2]  # turned upright, as faces are searched in it
    return Boxes.of(
        [
            ((x - w / 2) * width, (y - h / 2) * height, (x + w / 2) * width, (y + h / 2) * height)
            for _, x, y, w, h in shares
        ]
    )
