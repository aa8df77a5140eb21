"""Labeled boxes from Pascal-VOC XML files."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import numpy as np
from numpy.typing import NDArray

from edgeface.errors import InputError
from edgeface.reading.document import read_text
from edgeface.reading.kinds import LABELS

_CORNERS = ("xmin", "ymin", "xmax", "ymax")
_FIX = LABELS.fix


def read_labels(path: Path) -> NDArray[np.float32]:
    """The boxes of a Pascal-VOC annotation.

    Document types and entities are refused before parsing, since they can make a small file expand without limit.

    Args:
        path: a UTF-8 XML file of at most 4 MiB.

    Returns:
        float32 [n,4], x1, y1, x2, y2 in pixels; n may be 0.

    Raises:
        InputError: the file cannot be read, is too large, is not such an annotation, or a box is empty.
    """
    root = _parse(path)
    boxes = []
    for index, item in enumerate(root.iter("object")):
        values = [item.findtext(f"bndbox/{corner}") for corner in _CORNERS]
        try:
            box = [float(value or "") for value in values]
        except ValueError as error:
            raise InputError(f"object {index} has no whole bndbox", where=str(path), fix=_FIX) from error
        with np.errstate(over="ignore"):
            x1, y1, x2, y2 = np.array(box, np.float32)
        if not (np.isfinite((x1, y1, x2, y2)).all() and x1 < x2 and y1 < y2):
            raise InputError(f"object {index} has an empty box {box}", where=str(path), fix=_FIX)
        boxes.append(box)
    return np.array(boxes, np.float32).reshape(-1, 4)


def _parse(path: Path) -> ElementTree.Element:
    text = read_text(path, LABELS)
    if "<!" in text.replace("<!--", ""):
        raise InputError("the XML has a document type or entities, which are refused", where=str(path), fix=_FIX)
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        raise InputError(f"the labels are not XML: {error}", where=str(path), fix=_FIX) from error
    if root.tag != "annotation":
        raise InputError(f"the XML is a <{root.tag}>, not a Pascal-VOC <annotation>", where=str(path), fix=_FIX)
    return root
