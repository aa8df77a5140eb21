"""WIDER FACE's boxes as text: wider_face_val_bbx_gt.txt, or RetinaFace's label.txt.

The first lists for each image its path, the number of faces, and a line `x y w h blur expression illumination invalid
occlusion pose` for each face; an image without faces has one line of zeros nevertheless. The second has lines
`# path`, and lines that begin with x y w h. Which faces are easy, medium or hard is in neither.
"""

from __future__ import annotations

from pathlib import Path

from edgeface.core.progress import note
from edgeface.evaluation.label_formats.listed_images import listed_images, one_file
from edgeface.evaluation.label_formats.number_lines import corners, line_error, numbers_in
from edgeface.evaluation.labeled_images import Boxes, BoxImages
from edgeface.images.folder import EXTENSIONS
from edgeface.reading.document import read_lines
from edgeface.reading.kinds import LABEL_LIST
from edgeface.reading.regular_file import open_file
from edgeface.tasks.detection.wider_labels import is_wider_folder

NAME = "WIDER FACE's boxes as text"
_HEADER = "#"
_HEAD_BYTES = 4096
_INVALID = 7
_FIX = "pass wider_face_val_bbx_gt.txt of WIDER FACE, or a label.txt of `# path` and `x y w h` lines"


def find(labels: Path, _: Path) -> Path | None:
    """The file, if its first line names an image."""
    return None if is_wider_folder(labels) else one_file(labels, "*.txt", _is_list)


def read(labels: Path, images: Path) -> BoxImages:
    """The images that the file lists.

    Raises:
        InputError: a line is not what it must be, an image is listed twice, or images are missing.
    """
    lines = read_lines(labels, LABEL_LIST)
    headed = lines[0][1].lstrip().startswith(_HEADER)
    found = _read_headed(lines, labels) if headed else _read_counted(lines, labels)
    empty = sum(len(faces) - len(_with_area(faces)) for faces in found.values())
    if empty:
        note(f"{empty} boxes in {labels} have no area: left out")
    boxes = []
    for faces in map(_with_area, found.values()):
        boxes.append(Boxes.of([corners(*face[:4]) for face in faces], [_is_invalid(face) for face in faces]))
    return BoxImages(NAME, listed_images(list(found), images), boxes)


def _is_list(path: Path) -> bool:
    if path.suffix.lower() != ".txt":
        return False
    with open_file(path, LABEL_LIST) as stream:
        head = stream.read(_HEAD_BYTES).decode("utf-8-sig", "replace").split("\n")
    first = next((line.strip() for line in head if line.strip()), "")
    second = next((line.strip() for line in head[1:] if line.strip()), "0")
    if first.startswith(_HEADER):
        return first.lower().endswith(EXTENSIONS)
    return first.lower().endswith(EXTENSIONS) and numbers_in(first) is None and second.isdecimal()


def _read_counted(lines: list[tuple[int, str]], path: Path) -> dict[str, list[list[float]]]:
    found: dict[str, list[list[float]]] = {}
    at = 0
    while at < len(lines):
        number, line = lines[at]
        _begin(found, line.strip(), number, path)
        count = lines[at + 1][1].strip() if at + 1 < len(lines) else ""
        if not count.isdecimal() or len(count) > 6:
            raise line_error(number, line, "is not followed by the number of faces", path, _FIX)
        at += 2
        faces = lines[at : at + int(count)]
        if len(faces) < int(count):
            raise line_error(number, line, f"announces {count} faces, the file has {len(faces)} more lines", path, _FIX)
        found[line.strip()] = [_face(each, text, 10, path) for each, text in faces]
        at += int(count)
        if count == "0" and at < len(lines) and not any(numbers_in(lines[at][1]) or [1]):
            at += 1
    return found


def _read_headed(lines: list[tuple[int, str]], path: Path) -> dict[str, list[list[float]]]:
    found: dict[str, list[list[float]]] = {}
    name = ""
    for number, line in lines:
        if line.lstrip().startswith(_HEADER):
            name = line.strip().removeprefix(_HEADER).strip()
            _begin(found, name, number, path)
        else:
            found[name].append(_face(number, line, 4, path)[:4])
    return found


def _begin(found: dict[str, list[list[float]]], name: str, number: int, path: Path) -> None:
    if not name.lower().endswith(EXTENSIONS):
        raise line_error(number, name, "is not the path of an image", path, _FIX)
    if name in found:
        raise line_error(number, name, "lists an image again", path, "list each image once")
    found[name] = []


def _face(number: int, line: str, least: int, path: Path) -> list[float]:
    numbers = numbers_in(line)
    if numbers is None or len(numbers) < least:
        raise line_error(number, line, f"is not a face of {least} numbers x y w h …", path, _FIX)
    return numbers


def _with_area(faces: list[list[float]]) -> list[list[float]]:
    return [face for face in faces if face[2] > 0 and face[3] > 0]


def _is_invalid(face: list[float]) -> bool:
    return len(face) > _INVALID and face[_INVALID] == 1
