"""Computations on an image: the embeddings of its main face, or its faces."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeAlias, overload

import numpy as np
from numpy.typing import NDArray

from edgeface.contracts import RecognitionContract, detection, recognition
from edgeface.core.artifact import MANIFEST, Artifact, sha256_hex
from edgeface.evaluation.cache_blocks import Rows
from edgeface.tasks.detection.faces import Face
from edgeface.tasks.detection.main_face import main_face
from edgeface.tasks.recognition.align import align_face
from edgeface.tasks.recognition.similarity import check_alignable
from edgeface.version import __version__

MIN_SCORE = 0.02
"""Detections below this are dropped: average precision needs low scores, and public figures use none lower."""

Image: TypeAlias = NDArray[np.uint8]
"""Pixels uint8 [H,W,3] in BGR."""

Compute = Callable[[Sequence[Image], Sequence[Sequence[int]]], list[dict[int, Rows]]]
"""Maps some images, and the indices of the parts wanted of each, to the rows of each part, as if each were alone."""


class Work(Protocol):
    """A computation on images, as a value that can be sent to another process."""

    @property
    def parts(self) -> tuple[str, ...]:
        """A name for each result that changes whenever the result could."""

    def open(self) -> Compute:
        """The computation, with its artifacts loaded.

        Raises:
            EdgefaceError: an artifact cannot be opened.
        """


@dataclass(frozen=True)
class EmbedWork:
    """The embedding of the main face by each recognizer: [1,width], or [0,width] where there is no face.

    Without a detector images are aligned faces of the recognizers' input size.
    """

    recognizers: tuple[Path, ...]
    detector: Path | None = None

    @property
    def parts(self) -> tuple[str, ...]:
        """A name for each recognizer's embeddings."""
        finder = "aligned" if self.detector is None else open_detection(self.detector)
        return tuple(_part("embedding", finder, open_recognition(path)) for path in self.recognizers)

    @property
    def reads(self) -> Mapping[Path, tuple[str, ...]]:
        """The files of the artifacts, by folder."""
        return _files([*self.recognizers, *([] if self.detector is None else [self.detector])])

    def reading(self, places: Mapping[Path, Path]) -> EmbedWork:
        """The same with artifacts in other folders."""
        detector = None if self.detector is None else _moved(self.detector, places)
        return EmbedWork(tuple(_moved(path, places) for path in self.recognizers), detector)

    def open(self) -> Compute:
        """The computation, with detector and recognizers loaded."""
        from edgeface.inference.detector import Detector
        from edgeface.inference.recognizer import Recognizer

        detector = None if self.detector is None else Detector(open_detection(self.detector))
        if detector is not None:
            check_alignable(detector.landmark_count, str(self.detector))
        recognizers = [Recognizer(open_recognition(path)) for path in self.recognizers]

        def compute(images: Sequence[Image], wanted: Sequence[Sequence[int]]) -> list[dict[int, Rows]]:
            found: list[dict[int, Rows]] = [{} for _ in images]
            faces = None if detector is None else detector.detect_batch(images)
            for index, recognizer in enumerate(recognizers):
                aligned: dict[int, Image] = {}
                for place in (place for place, parts in enumerate(wanted) if index in parts):
                    found[place][index] = np.zeros((0, recognizer.contract.width), np.float32)
                    face = _aligned(images[place], None if faces is None else faces[place], recognizer.contract)
                    if face is not None:
                        aligned[place] = face
                embedded = recognizer.embed_batch(list(aligned.values()))
                for place, embedding in zip(aligned, embedded, strict=True):
                    found[place][index] = embedding[None]
            return found

        return compute


def _aligned(image: Image, faces: Sequence[Face] | None, contract: RecognitionContract) -> Image | None:
    """The main one of an image's faces, or None; without a search for faces the image is one."""
    if faces is None:
        return image
    face = main_face(faces, (image.shape[0], image.shape[1]))
    return None if face is None else align_face(image, face.landmarks, contract)


@dataclass(frozen=True)
class DetectWork:
    """The faces that each detector finds, down to a score of 0.02: [k,5+2K], see `faces_of`."""

    detectors: tuple[Path, ...]

    @property
    def parts(self) -> tuple[str, ...]:
        """A name for each detector's faces."""
        return tuple(_part("faces", MIN_SCORE, open_detection(path)) for path in self.detectors)

    @property
    def reads(self) -> Mapping[Path, tuple[str, ...]]:
        """The files of the artifacts, by folder."""
        return _files(self.detectors)

    def reading(self, places: Mapping[Path, Path]) -> DetectWork:
        """The same with artifacts in other folders."""
        return DetectWork(tuple(_moved(path, places) for path in self.detectors))

    def open(self) -> Compute:
        """The computation, with the detectors loaded."""
        from edgeface.inference.detector import Detector

        detectors = [Detector(open_detection(path)) for path in self.detectors]

        def compute(images: Sequence[Image], wanted: Sequence[Sequence[int]]) -> list[dict[int, Rows]]:
            found: list[dict[int, Rows]] = [{} for _ in images]
            for index, detector in enumerate(detectors):
                places = [place for place, parts in enumerate(wanted) if index in parts]
                faces = detector.detect_batch([images[place] for place in places], MIN_SCORE)
                for place, each in zip(places, faces, strict=True):
                    found[place][index] = _rows_of(each, detector.landmark_count)
            return found

        return compute


def faces_of(rows: Rows) -> list[Face]:
    """Faces from rows of box (4), score and K landmarks (2K)."""
    return [
        Face((row[0], row[1], row[2], row[3]), row[4], tuple(zip(row[5::2], row[6::2], strict=True)))
        for row in rows.tolist()
    ]


@dataclass(frozen=True)
class FoundFaces(Sequence[list[Face]]):
    """The faces of each image, made from its rows when they are asked for."""

    rows: Sequence[Rows]

    def __len__(self) -> int:
        """How many there are."""
        return len(self.rows)

    @overload
    def __getitem__(self, place: int) -> list[Face]: ...

    @overload
    def __getitem__(self, place: slice) -> list[list[Face]]: ...

    def __getitem__(self, place: int | slice) -> list[Face] | list[list[Face]]:
        """Those of one image, or of several."""
        if isinstance(place, slice):
            return [faces_of(rows) for rows in self.rows[place]]
        return faces_of(self.rows[place])


def open_detection(path: Path) -> Artifact:
    """The artifact of a detector.

    Raises:
        InputError: there is no such artifact.
        ContractError: it is not a detector's.
    """
    artifact = Artifact.open(path)
    detection(artifact.contract, str(path))
    return artifact


def open_recognition(path: Path) -> Artifact:
    """The artifact of a recognizer.

    Raises:
        InputError: there is no such artifact.
        ContractError: it is not a recognizer's.
    """
    artifact = Artifact.open(path)
    recognition(artifact.contract, str(path))
    return artifact


def _files(paths: Sequence[Path]) -> dict[Path, tuple[str, ...]]:
    artifacts = [Artifact.open(path) for path in paths]
    return {artifact.folder: (MANIFEST, *(file.name for file in artifact.files)) for artifact in artifacts}


def _moved(path: Path, places: Mapping[Path, Path]) -> Path:
    """An artifact's other folder, if it has one; `path` is its folder, or a file in it."""
    return places.get(path, places.get(path.parent, path))


def _rows_of(faces: Sequence[Face], landmarks: int) -> Rows:
    rows = [[*face.box, face.score, *(value for point in face.landmarks for value in point)] for face in faces]
    return np.array(rows, np.float32).reshape(-1, 5 + 2 * landmarks)


def _part(what: str, *made_by: Artifact | str | float) -> str:
    """A digest of everything that determines the result: models, contracts, and the version of the code."""
    facts = [__version__, what]
    for item in made_by:
        if isinstance(item, Artifact):
            facts += [*item.manifest.files.values(), item.contract.model_dump_json()]
        else:
            facts.append(str(item))
    return sha256_hex("\n".join(facts).encode())
