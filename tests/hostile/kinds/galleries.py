"""Galleries of embeddings: the manifest, and the arrays that are mapped into memory."""

from __future__ import annotations

import json
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from edgeface.gallery.gallery import Gallery
from edgeface.gallery.manifest import MANIFEST, GalleryManifest, Precision, RecognizerRecord, write_manifest
from tests.hostile.case import Case, Kind
from tests.hostile.damage import damaged
from tests.hostile.draw import Draw
from tests.hostile.values import json_bytes, lied

WIDTH, PEOPLE = 16, 20
_IN_FOLDER = "%"
"""Stands for / in the names of a case's files."""


@cache
def seeds(precision: Precision) -> dict[str, bytes]:
    """A valid gallery's files: two segments, one of them with a person who was removed."""
    rows = np.random.default_rng(0).standard_normal((PEOPLE + 1, WIDTH)).astype(np.float32)
    made = RecognizerRecord(name="made", target="here", sha256="0" * 64)
    empty = GalleryManifest(recognizer=made, width=WIDTH, precision=precision, people=0, next_segment=0, segments=())
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_manifest(folder, empty)
        gallery = Gallery.open(folder)
        gallery.add([f"person {index}" for index in range(PEOPLE)], rows[:PEOPLE])
        gallery.add(["another"], rows[PEOPLE:])
        gallery.remove(["person 3"])
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        return {str(path.relative_to(folder)).replace("/", _IN_FOLDER): path.read_bytes() for path in files}


def make(draw: Draw) -> Case:
    """A gallery whose manifest lies, or one of whose files is damaged or another's."""
    files = dict(seeds(draw.one(("float32", "float32", "int8"))))
    if draw.chance(0.4):
        changed, note = lied(draw, json.loads(files[MANIFEST]))
        return Case(f"{MANIFEST}: {note}", {**files, MANIFEST: json_bytes(changed)}, looked_up, _wrong)
    name, other = draw.one(sorted(files)), draw.one(sorted(files))
    if draw.chance(0.2):
        return Case(f"{name} is {other}", {**files, name: files[other]}, looked_up, _wrong)
    content, note = damaged(draw, files[name], files[other])
    return Case(f"{name}: {note}", {**files, name: content}, looked_up, _wrong)


def looked_up(folder: Path) -> list[tuple[str, float]]:
    """Who is most similar to two faces, by each way to search."""
    for path in sorted(folder.iterdir()):
        place = folder / path.name.replace(_IN_FOLDER, "/")
        place.parent.mkdir(parents=True, exist_ok=True)
        path.rename(place)
    faces = np.eye(WIDTH, dtype=np.float32)[:2]
    found = []
    for search in ("faiss", "numpy"):
        gallery = Gallery.open(folder, search=search, threads=1)
        assert len(gallery.names) == len(gallery)
        matches = [match for near in gallery.nearest_each(faces, 3) for match in near]
        found.append([(match.name, match.similarity) for match in matches])
    return found[0]


def _wrong(answer: Any) -> str | None:
    return None if all(-1 <= similarity <= 1 for _, similarity in answer) else f"similarities {answer}"


KIND = Kind(make, share=20, prepare=lambda: [looked_at(precision) for precision in ("float32", "int8")])


def looked_at(precision: Precision) -> None:
    """A valid gallery is answered."""
    with tempfile.TemporaryDirectory() as folder:
        for name, content in seeds(precision).items():
            (Path(folder) / name).write_bytes(content)
        assert len(looked_up(Path(folder))) == 6
