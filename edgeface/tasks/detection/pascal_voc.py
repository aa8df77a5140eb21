"""Labeled boxes from Pascal-VOC XML files."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import numpy as np
from numpy.typing import NDArray

from edgeface.errors import InputError

MAX_BYTES = 4 << 20
_CORNERS = ("xmin", "ymin", "xmax", "ymax")
_FIX = "write the boxes as Pascal-VOC XML: annotation/object/bndbox with xmin, ymin, xmax and ymax in pixels"


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
        if not (np.isfinite(box).all() and box[0] < box[2] and box[1] < box[3]):
            raise InputError(f"object {index} has an empty box {box}", where=str(path), fix=_FIX)
        boxes.append(box)
    return np.array(boxes, np.float32).reshape(-1, 4)


def _parse(path: Path) -> ElementTree.Element:
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
        text = data.decode("utf-8-sig")
    except OSError as error:
        raise InputError(f"cannot read the labels: {error.strerror}", where=str(path)) from error
    except UnicodeDecodeError as error:
        raise InputError("the labels are not UTF-8 text", where=str(path), fix=_FIX) from error
    if len(data) > MAX_BYTES:
        raise InputError(f"the labels are over {MAX_BYTES >> 20} MiB", where=str(path), fix=_FIX)
    if "<!" in text.replace("<!--", ""):
        raise InputError("the XML has a document type or entities, which are refused", where=str(path), fix=_FIX)
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        raise InputError(f"the labels are not XML: {error}", where=str(path), fix=_FIX) from error
    if root.tag != "annotation":
        raise InputError(f"the XML is a <{root.tag}>, not a Pascal-VOC <annotation>", where=str(path), fix=_FIX)
    return root
