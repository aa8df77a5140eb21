"""What `edgeface gallery add` reads: images of people, or embeddings and names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeface.cli.face_options import open_recognizer
from edgeface.cli.options import refuse_given
from edgeface.core.artifact import Artifact
from edgeface.errors import InputError
from edgeface.gallery.create import refuse_other
from edgeface.gallery.gallery import Gallery
from edgeface.gallery.manifest import is_gallery
from edgeface.gallery.read import read_embeddings, read_names
from edgeface.reading.existing import refuse_missing
from edgeface.reading.regular_file import is_folder


@dataclass(frozen=True)
class Enrolling:
    """The options of `edgeface gallery add`."""

    recognizer: Path | None
    detector: Path | None
    aligned: bool
    face_threshold: float | None
    names: Path | None
    replace: bool
    int8: bool


def enroll(folder: Path, items: Sequence[str], given: Enrolling) -> int:
    """Add people to a gallery, which is created if it is not there; the number of them.

    Raises:
        InputError: what is given cannot be added; then the gallery is as it was.
        EdgefaceError: a face cannot be found or embedded.
    """
    if len(items) != 1:
        raise InputError(
            "add takes one folder of people, or one file of embeddings",
            where=" ".join(items) or None,
            fix="edgeface gallery add GALLERY FOLDER",
        )
    source = Path(items[0])
    if given.recognizer is None:
        raise InputError("there is no recognizer", where="--recognizer", fix="pass its artifact's folder")
    refuse_missing(
        {"ITEM": source, "--recognizer": given.recognizer, "--detector": given.detector, "--names": given.names}
    )
    artifact = Artifact.open(given.recognizer)
    exists = is_gallery(folder)
    if exists:
        opened = Gallery.open(folder)
        refuse_other(opened.manifest, artifact, str(folder))
        if given.int8 and opened.manifest.precision != "int8":
            raise InputError("the gallery holds floats", where="--int8", fix="leave it out, or make a new gallery")
    names, embeddings = _people(source, given)
    if not exists:
        opened = Gallery.create(folder, artifact, precision="int8" if given.int8 else "float32")
    return opened.add(names, embeddings, replace=given.replace)


def _people(source: Path, given: Enrolling) -> tuple[list[str], NDArray[Any]]:
    if is_folder(source):
        refuse_given({"--names": given.names}, "belongs to embeddings: images have names", "pass a file of embeddings")
        return _embedded(source, given)
    alone = {"--detector": given.detector, "--aligned": given.aligned, "--face-threshold": given.face_threshold}
    refuse_given(alone, "is of no use for embeddings", "pass a folder of people, or leave it out")
    if given.names is None:
        raise InputError("embeddings need names", where="--names", fix="pass a text file with a name a line")
    return read_names(given.names), read_embeddings(source)


def _embedded(folder: Path, given: Enrolling) -> tuple[list[str], NDArray[Any]]:
    from edgeface.inference.batch import embed_aligned, embed_main_faces
    from edgeface.inference.gallery import list_gallery
    from edgeface.inference.recognizer import Recognizer

    assert given.recognizer is not None
    opened = open_recognizer(given.recognizer, given.detector, given.aligned, given.face_threshold)
    people = list_gallery(folder)
    files = [path for paths in people.values() for path in paths]
    if isinstance(opened, Recognizer):
        embeddings = embed_aligned(opened, files)
    else:
        embeddings = [face.embedding for face in embed_main_faces(opened, files)]
    return [name for name, paths in people.items() for _ in paths], np.stack(embeddings)
