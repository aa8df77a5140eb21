"""Identification of faces against people by name, from a folder of images or a gallery on disk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from edgeface.errors import InputError
from edgeface.gallery.match import Match
from edgeface.gallery.rows import mean_rows
from edgeface.gallery.scores import best_first, exact_scores
from edgeface.images.folder import EXTENSIONS, list_images
from edgeface.inference.batch import embed_main_faces
from edgeface.inference.pipeline import FacePipeline, IdentifiedFace
from edgeface.reading.regular_file import is_folder, is_there

UNKNOWN = "unknown"
_FIX_LAYOUT = "put a folder of images for each person into it, or one image per person, named after them"


class Nearest(Protocol):
    """People among whom a face can be looked up: a `FolderGallery`, or an `edgeface.Gallery` on disk."""

    def nearest(self, embedding: NDArray[np.float32], k: int = 1) -> tuple[Match, ...]:
        """The k most similar people, the most similar first."""


@dataclass(frozen=True, eq=False)
class FolderGallery:
    """People by name from a folder of images: `embeddings` is float32 [people,width], each of unit length.

    A person with several images is the mean of their embeddings, scaled to unit length: unlike the best match
    among them, the mean does not accept strangers more often as images are added.
    """

    names: tuple[str, ...]
    embeddings: NDArray[np.float32]

    def nearest(self, embedding: NDArray[np.float32], k: int = 1) -> tuple[Match, ...]:
        """The k people most similar to an embedding float32 [width] of unit length; by name among equals."""
        scores = exact_scores(self.embeddings, embedding)
        order = best_first(scores, np.arange(scores.size), k).tolist()
        return tuple(Match(self.names[place], float(np.clip(scores[place], -1, 1))) for place in order)


@dataclass(frozen=True)
class Identification:
    """A face of an image, and the most similar people of a gallery; `name` is None below the threshold.

    `candidates` begins with the most similar one.
    """

    found: IdentifiedFace
    candidates: tuple[Match, ...]
    threshold: float

    @property
    def nearest(self) -> Match:
        """The most similar person."""
        return self.candidates[0]

    @property
    def name(self) -> str | None:
        """The person's name, None for a person who is not in the gallery."""
        return self.nearest.name if self.nearest.similarity >= self.threshold else None

    @property
    def label(self) -> str:
        """The label next to the face in an image: a name, or "unknown", and the similarity."""
        return f"{self.name or UNKNOWN} {self.nearest.similarity:.2f}"


def name_faces(
    faces: Sequence[IdentifiedFace], gallery: Nearest, threshold: float, top: int = 1
) -> list[Identification]:
    """The identification of each face, in order; two faces may get the same name.

    Args:
        faces: what `FacePipeline.faces` found.
        gallery: of embeddings of the same recognizer, with at least one person.
        threshold: minimum cosine for the same person.
        top: how many candidates each face gets.
    """
    return [Identification(found, gallery.nearest(found.embedding, top), threshold) for found in faces]


def list_gallery(folder: Path) -> dict[str, list[Path]]:
    """The images of each person, sorted by name.

    A person is a sub-folder with images, an image named after them, or both; hidden files and files that are
    not images are left out.

    Args:
        folder: the gallery.

    Raises:
        InputError: there is no such folder, nobody is in it, or a person's folder holds no images.
    """
    if not is_folder(folder):
        what = "not a folder, but a file" if is_there(folder) else "there is no such folder"
        raise InputError(what, where=str(folder), fix=_FIX_LAYOUT)
    people: dict[str, list[Path]] = {}
    try:
        found = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    except OSError as error:
        raise InputError(f"cannot list the gallery: {error.strerror}", where=str(folder)) from error
    for path in found:
        if is_folder(path):
            people.setdefault(path.name, []).extend(list_images(path))
        elif path.suffix.lower() in EXTENSIONS:
            people.setdefault(path.stem, []).append(path)
    if not people:
        raise InputError("nobody is in the gallery", where=str(folder), fix=_FIX_LAYOUT)
    return dict(sorted(people.items()))


def read_gallery(folder: Path, pipeline: FacePipeline) -> FolderGallery:
    """The gallery of a folder, from the main face of every image.

    Args:
        folder: as `list_gallery` takes it.
        pipeline: finds and embeds the faces.

    Raises:
        InputError: as `list_gallery`; or images cannot be used or show no face, and all of them are named.
        EdgefaceError: as `FacePipeline.main_face` does.
    """
    people = list_gallery(folder)
    names = [name for name, paths in people.items() for _ in paths]
    found = embed_main_faces(pipeline, [path for paths in people.values() for path in paths])
    known, rows = mean_rows(names, np.stack([face.embedding for face in found]), str(folder))
    return FolderGallery(tuple(known), rows)
