"""WIDER FACE's published ground truth: four MATLAB files that come with its evaluation program."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeface.errors import InputError
from edgeface.reading.kinds import WIDER_LABELS
from edgeface.reading.regular_file import is_file
from edgeface.tasks.detection.matlab_file import read_matlab
from edgeface.tasks.detection.wider import SETTINGS, WiderLabels

FACES_FILE = "wider_face_val.mat"
_FIX = WIDER_LABELS.fix


def is_wider_folder(folder: Path) -> bool:
    """Whether a folder holds WIDER FACE's ground truth."""
    return is_file(folder / FACES_FILE)


def read_wider_labels(folder: Path) -> dict[str, WiderLabels]:
    """The labeled faces of each image of WIDER FACE's validation set.

    Args:
        folder: holds wider_face_val.mat and wider_{easy,medium,hard}_val.mat.

    Returns:
        Labels by "event/image", without extension, as in `images/event/image.jpg`.

    Raises:
        InputError: a file is missing or damaged, or not of this ground truth.
    """
    faces = _load(folder / FACES_FILE, ("event_list", "file_list", "face_bbx_list"))
    kept = {setting: _load(folder / f"wider_{setting}_val.mat", ("gt_list",)) for setting in SETTINGS}
    labels = {}
    try:
        for event_index, event in enumerate(faces["event_list"]):
            for index, name in enumerate(faces["file_list"][event_index, 0]):
                boxes = _boxes(faces["face_bbx_list"][event_index, 0][index, 0])
                counted = {
                    setting: _counted(content["gt_list"][event_index, 0][index, 0], len(boxes))
                    for setting, content in kept.items()
                }
                labels["/".join(map(_name, (event[0], name[0])))] = WiderLabels(_corners(boxes), counted)
    except (KeyError, IndexError, ValueError, TypeError, AttributeError) as error:
        raise InputError(f"this is not WIDER FACE's ground truth: {error}", where=str(folder), fix=_FIX) from error
    return labels


def _load(path: Path, names: Sequence[str]) -> dict[str, Any]:
    try:
        content = read_matlab(path, names)
    except ValueError as error:
        raise InputError(f"cannot read the MATLAB file: {error}", where=str(path), fix=_FIX) from error
    missing = [name for name in names if name not in content]
    if missing:
        what = f"this is not WIDER FACE's ground truth: the MATLAB file has no {' and no '.join(missing)}"
        raise InputError(what, where=str(path), fix=_FIX)
    return content


def _name(value: Any) -> str:
    """The name of an event or image, which is the name of a folder or file."""
    if not isinstance(value, str) or not value.isprintable() or "/" in value or value in {"", ".", ".."}:
        raise ValueError(f"{value!r} is no name")
    return value


def _boxes(numbers: Any) -> NDArray[np.float32]:
    """Left, top, width and height of each face, float32 [n,4]."""
    boxes = np.asarray(numbers, np.float32).reshape(-1, 4)
    if not np.isfinite(boxes).all():
        raise ValueError("a box is not finite")
    return boxes


def _corners(boxes: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.concatenate([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]], axis=1)


def _counted(numbers: Any, count: int) -> NDArray[np.bool_]:
    """MATLAB's list of the faces that count, from 1, as bool [count]."""
    indices = np.asarray(numbers, np.int64).reshape(-1)
    if not ((indices >= 1) & (indices <= count)).all():
        raise ValueError(f"face {indices.max()} of {count} would count")
    counted = np.zeros(count, bool)
    counted[indices - 1] = True
    return counted
