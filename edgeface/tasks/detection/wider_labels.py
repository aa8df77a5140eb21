"""WIDER FACE's published ground truth: four MATLAB files that come with its evaluation program."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeface.errors import InputError
from edgeface.reading.kinds import WIDER_LABELS
from edgeface.reading.regular_file import check_file
from edgeface.tasks.detection.wider import SETTINGS, WiderLabels

FACES_FILE = "wider_face_val.mat"
_FIX = WIDER_LABELS.fix


def is_wider_folder(folder: Path) -> bool:
    """Whether a folder holds WIDER FACE's ground truth."""
    return (folder / FACES_FILE).is_file()


def read_wider_labels(folder: Path) -> dict[str, WiderLabels]:
    """The labeled faces of each image of WIDER FACE's validation set.

    Args:
        folder: holds wider_face_val.mat and wider_{easy,medium,hard}_val.mat. Only open files from a source that
            you trust.

    Returns:
        Labels by "event/image", without extension, as in `images/event/image.jpg`.

    Raises:
        InputError: a file is missing or damaged, or SciPy, which reads them, is not installed.
    """
    faces = _load(folder / FACES_FILE)
    kept = {setting: _load(folder / f"wider_{setting}_val.mat") for setting in SETTINGS}
    labels = {}
    try:
        for event_index, event in enumerate(faces["event_list"]):
            for index, name in enumerate(faces["file_list"][event_index, 0]):
                boxes = np.asarray(faces["face_bbx_list"][event_index, 0][index, 0], np.float32).reshape(-1, 4)
                counted = {
                    setting: _counted(content["gt_list"][event_index, 0][index, 0], len(boxes))
                    for setting, content in kept.items()
                }
                labels[f"{event[0].item()}/{name[0].item()}"] = WiderLabels(_corners(boxes), counted)
    except (KeyError, IndexError, ValueError, TypeError, AttributeError) as error:
        raise InputError(f"this is not WIDER FACE's ground truth: {error}", where=str(folder), fix=_FIX) from error
    return labels


def _load(path: Path) -> dict[str, Any]:
    try:
        from scipy.io import loadmat
    except ImportError as error:
        raise InputError(
            "reading WIDER FACE's ground truth needs SciPy", where=str(path), fix="pip install 'edgeface[eval]'"
        ) from error
    check_file(path, WIDER_LABELS)
    try:
        content: dict[str, Any] = loadmat(path)
    except Exception as error:  # SciPy's reader raises whatever damaged bytes lead it to
        raise InputError(f"cannot read the MATLAB file: {error}", where=str(path), fix=_FIX) from error
    return content


def _corners(boxes: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.concatenate([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]], axis=1)


def _counted(numbers: Any, count: int) -> NDArray[np.bool_]:
    """MATLAB's list of the faces that count, from 1, as bool [count]."""
    counted = np.zeros(count, bool)
    counted[np.asarray(numbers, np.int64).reshape(-1) - 1] = True
    return counted
