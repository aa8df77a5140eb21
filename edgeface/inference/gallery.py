"""Identification of faces against people by name, from a folder of images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edgeface.errors import InputError
from edgeface.images.folder import EXTENSIONS, list_images
from edgeface.inference.batch import embed_main_faces
from edgeface.inference.pipeline import FacePipeline, IdentifiedFace
from edgeface.reading.regular_file import is_folder, is_there

UNKNOWN = "unknown"
_FIX_LAYOUT = "put a folder of images for each person into it, or one image per person, named after them"


@dataclass(frozen=True)
class Match:
    """The person of a gallery whose face is most similar, and the cosine of the two embeddings."""

    name: str
    similarity: float


@dataclass(frozen=True, eq=False)
class Gallery:
    """People by name, each with an embedding of unit length: `embeddings` is float32 [people,width].

    A person with several images is the mean of their embeddings, scaled to unit length: unlike the best match
    among them, the mean does not accept strangers more often as images are added.
    """

    names: tuple[str, ...]
    embeddings: NDArray[np.float32]

    def nearest(self, embedding: NDArray[np.float32]) -> Match:
        """The person most similar to an embedding float32 [width] of unit length; the first by name among equals."""
        similarities = self.embeddings @ embedding
        best = int(np.argmax(similarities))
        return Match(self.names[best], float(np.clip(similarities[best], -1, 1)))


@dataclass(frozen=True)
class Identification:
    """A face of an image and the most similar person of a gallery; `name` is None below the threshold."""

    found: IdentifiedFace
    nearest: Match
    threshold: float

    @property
    def name(self) -> str | None:
        """The person's name, None for a person who is not in the gallery."""
        return self.nearest.name if self.nearest.similarity >= self.threshold else None

    @property
    def label(self) -> str:
        """The label next to the face in an image: a name, or "unknown", and the similarity."""
        return f"{self.name or UNKNOWN} {self.nearest.similarity:.2f}"


def name_faces(faces: Sequence[IdentifiedFace], gallery: Gallery, threshold: float) -> list[Identification]:
    """The identification of each face, in order; two faces may get the same name.

    Args:
        faces: what `FacePipeline.faces` found.
        gallery: of embeddings of the same recognizer.
        threshold: minimum cosine for the same person.
    """
    return [Identification(found, gallery.nearest(found.embedding), threshold) for found in faces]


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


def read_gallery(folder: Path, pipeline: FacePipeline) -> Gallery:
    """The gallery of a folder, from the main face of every image.

    Args:
        folder: as `list_gallery` takes it.
        pipeline: finds and embeds the faces.

    Raises:
        InputError: as `list_gallery`; or images cannot be used or show no face, and all of them are named.
        EdgefaceError: as `FacePipeline.main_face` does.
    """
    people = list_gallery(folder)
    files = [(index, path) for index, paths in enumerate(people.values()) for path in paths]
    found = embed_main_faces(pipeline, [path for _, path in files])
    sums = np.zeros((len(people), pipeline.recognizer.contract.width))
    for (person, _), face in zip(files, found, strict=True):
        sums[person] += face.embedding
    lengths = np.linalg.norm(sums, axis=1, keepdims=True)
    for name, length in zip(people, lengths, strict=True):
        if length < 1e-6:
            raise InputError(
                f"the images of {name} cancel each other out", where=str(folder), fix="remove those of others"
            )
    return Gallery(tuple(people), (sums / lengths).astype(np.float32))
