"""Labels of faces in every format, and tables of pairs, of which text or values lie."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from edgeface.evaluation.labels import read_labeled
from edgeface.tasks.recognition.pairs import read_pairs
from tests.hostile.case import Case, Kind
from tests.hostile.damage import damaged
from tests.hostile.draw import Draw

_ODD = (
    b"nan",
    b"1e999",
    b"1e300",
    b"-1",
    b"9" * 5000,
    b"\x1b[31m",
    b"\x00",
    b"../../x",
    b"\xff",
    b"",
    b'"',
    b"#",
    b"#a.png",
)
_ODD_JSON = (None, True, -1, 1.5, 1e308, 2**63 - 1, "text", "", "../a.png", [], {}, [1, 2, 3, 4], "a.png\x00")


@cache
def seeds() -> dict[str, bytes]:
    """Valid files by their names."""
    annotations = [{"image_id": i, "category_id": 1, "bbox": [1, 2, 30, 20], "iscrowd": i} for i in range(2)]
    images = [{"id": i, "file_name": name} for i, name in enumerate(("a.png", "b.png"))]
    coco = {"images": images, "annotations": annotations, "categories": [{"id": 1, "name": "face"}]}
    return {
        "val_bbx_gt.txt": b"a.png\n1\n1 2 30 20 0 0 0 0 0 0 \nb.png\n0\n0 0 0 0 0 0 0 0 0 0 \n",
        "label.txt": b"# a.png\n1 2 30 20 1 1 0 1 1 0 1 1 0 1 1 0 1 1 0 0.9\n# b.png\n3 4 10 12\n",
        "instances.json": json.dumps(coco).encode(),
        "a.txt": b"0 0.5 0.5 0.25 0.25\n0 0.2 0.2 0.1 0.1\n",
        "header.csv": b'id,file1,file2,label\n1,a/1.jpg,"b, c/1.jpg",1\n2,a/1.jpg,a/2.jpg,0\n',
        "spaces.csv": b"# pairs\na/1.jpg a/2.jpg 1\nb/1.jpg a/2.jpg -1\n",
        "first.csv": b"True;a/1.jpg;a/2.jpg\nFalse;b/1.jpg;a/2.jpg\n",
    }


@cache
def _image() -> bytes:
    return bytes(cv2.imencode(".png", np.full((40, 50, 3), 90, np.uint8))[1])


def make(draw: Draw) -> Case:
    """A file of labels or of pairs that lies, beside two images."""
    name = draw.one(sorted(seeds()))
    data = seeds()[name]
    if name.endswith(".json") and draw.chance(0.6):
        data, note = _values_lie(draw, data)
    elif draw.chance(0.5):
        old = draw.one((b"1", b"0", b"a.png", b" ", b"\n", b",", b"label", b"a/1.jpg"))
        new = draw.one(_ODD)
        data, note = data.replace(old, new, 1 if draw.chance(0.7) else -1), f"{old!r} is {new[:12]!r}"
    else:
        data, note = damaged(draw, data, seeds()[draw.one(sorted(seeds()))])
    if name.endswith(".csv"):
        return Case(f"{name}: {note}", {name: data}, lambda folder: _pairs(folder / name), _pairs_wrong)
    files = {name: data, "a.png": _image(), "b.png": _image()}
    return Case(f"{name}: {note}", files, lambda folder: _boxes(folder, name), _boxes_wrong)


def _values_lie(draw: Draw, data: bytes) -> tuple[bytes, str]:
    """A value anywhere in the document replaced or left out."""
    document: Any = json.loads(data)
    holder, key = document, draw.one(sorted(document))
    while isinstance(holder[key], dict | list) and holder[key] and draw.chance(0.85):
        holder = holder[key]
        key = draw.one(sorted(holder) if isinstance(holder, dict) else range(len(holder)))
    value = draw.one(_ODD_JSON)
    holder[key] = value
    if draw.chance(0.2):
        del holder[key]
    return json.dumps(document).encode(), f"{key} is {value!r}"


def _boxes(folder: Path, name: str) -> list[np.ndarray]:
    labels = folder if name == "a.txt" else folder / name
    found: Any = read_labeled(labels, folder)
    found.curves([[] for _ in found.files])
    return [each.boxes for each in found.boxes]


def _boxes_wrong(answer: list[np.ndarray]) -> str | None:
    whole = all(np.isfinite(boxes).all() and (boxes[:, :2] <= boxes[:, 2:]).all() for boxes in answer)
    return None if whole else f"boxes {answer}"


def _pairs(path: Path) -> list[tuple[str, str]]:
    return [(pair.first, pair.second) for pair in read_pairs(path).pairs]


def _pairs_wrong(answer: list[tuple[str, str]]) -> str | None:
    counted = {tuple(sorted(pair)) for pair in answer}
    return None if answer and len(counted) == len(answer) and all(map(all, answer)) else f"pairs {answer}"


KIND = Kind(make, share=60, prepare=lambda: (seeds(), _image()))
