"""COCO boxes: one JSON file of images, annotations and categories, as instances_val.json."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from edgeface.core.progress import note
from edgeface.errors import InputError
from edgeface.evaluation.label_formats.listed_images import listed_images, one_file
from edgeface.evaluation.label_formats.number_lines import corners, is_sane
from edgeface.evaluation.labeled_images import Boxes, BoxImages
from edgeface.reading.document import read_json
from edgeface.reading.kinds import LABEL_LIST
from edgeface.reading.regular_file import open_file

NAME = "COCO boxes"
_KEYS = re.compile(rb'"(images|annotations|categories)"\s*:')
_HEAD_BYTES = 1 << 16
_FACE = "face"
_FIX = "pass a JSON file with `images` (id, file_name) and `annotations` (image_id, category_id, bbox: x, y, w, h)"


def find(labels: Path, _: Path) -> Path | None:
    """The file, if it begins as such a file does."""
    return one_file(labels, "*.json", _is_coco)


def read(labels: Path, images: Path) -> BoxImages:
    """The images that the file lists; boxes of crowds need not be found.

    Raises:
        InputError: the file is not of this format, has several categories of which none is "face", or images are
            missing.
    """
    document = read_json(labels, LABEL_LIST)
    listed, annotations = _images(document, labels), _list(document, "annotations", labels)
    wanted = _face_category(document, annotations, labels)
    faces: dict[int, list[tuple[Any, bool]]] = {number: [] for number in listed}
    empty = 0
    for index, each in enumerate(annotations):
        number, category, box = _annotation(each, index, labels)
        if number not in faces:
            raise _wrong(labels, f"annotations[{index}] is of image {number}, which is not in the file")
        if category != wanted:
            continue
        if min(box[2:]) > 0:
            faces[number].append((corners(*box), bool(each.get("iscrowd"))))
        else:
            empty += 1
    if empty:
        note(f"{empty} boxes in {labels} have no area: left out")
    boxes = [Boxes.of([box for box, _ in each], [crowd for _, crowd in each]) for each in faces.values()]
    return BoxImages(NAME, listed_images(list(listed.values()), images), boxes)


def _is_coco(path: Path) -> bool:
    if path.suffix.lower() != ".json":
        return False
    with open_file(path, LABEL_LIST) as stream:
        head = stream.read(_HEAD_BYTES)
    return head.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"{") and _KEYS.search(head) is not None


def _images(document: Any, path: Path) -> dict[int, str]:
    found: dict[int, str] = {}
    for index, each in enumerate(_list(document, "images", path)):
        number, name = (each.get("id"), each.get("file_name")) if isinstance(each, dict) else (None, None)
        if type(number) is not int or not isinstance(name, str) or not name:
            raise _wrong(path, f"images[{index}] has no id or no file_name")
        if number in found:
            raise _wrong(path, f"images[{index}] has the id {number} of another image")
        found[number] = name
    if len(set(found.values())) < len(found):
        raise _wrong(path, "an image is listed twice")
    return found


def _annotation(each: Any, index: int, path: Path) -> tuple[int, int, list[float]]:
    if not isinstance(each, dict):
        raise _wrong(path, f"annotations[{index}] is no table")
    number, category, box = each.get("image_id"), each.get("category_id"), each.get("bbox")
    if type(number) is not int or type(category) is not int:
        raise _wrong(path, f"annotations[{index}] has no image_id or no category_id")
    if (
        not isinstance(box, list)
        or len(box) != 4
        or not all(type(side) in (int, float) and is_sane(side) for side in box)
    ):
        raise _wrong(path, f"annotations[{index}] has no bbox of four numbers x, y, w, h")
    return number, category, box


def _face_category(document: Any, annotations: list[Any], path: Path) -> int | None:
    """The category of faces: the one of that name, or the only one that occurs."""
    categories = document.get("categories") or []
    named = [each for each in categories if isinstance(each, dict)] if isinstance(categories, list) else []
    faces = [each.get("id") for each in named if str(each.get("name")).lower() == _FACE]
    if len(faces) == 1 and type(faces[0]) is int:
        return faces[0]
    used = sorted({each["category_id"] for each in annotations if _has_category(each)})
    if len(used) > 1:
        raise InputError(
            f"the boxes are of categories {', '.join(map(str, used[:8]))}, and which are faces is unknown",
            where=str(path),
            fix=f"name one category {_FACE!r}, or keep the faces' annotations only",
        )
    return used[0] if used else None


def _has_category(each: Any) -> bool:
    return isinstance(each, dict) and type(each.get("category_id")) is int


def _list(document: Any, key: str, path: Path) -> list[Any]:
    found = document.get(key) if isinstance(document, dict) else None
    if not isinstance(found, list):
        raise _wrong(path, f"there is no list `{key}`")
    return found


def _wrong(path: Path, what: str) -> InputError:
    return InputError(f"the labels are not COCO's: {what}", where=str(path), fix=_FIX)
