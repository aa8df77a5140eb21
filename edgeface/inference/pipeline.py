"""A pipeline of detector and recognizer: image in, embeddings of its faces out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edgeface.core.artifact import Artifact
from edgeface.errors import InputError
from edgeface.inference.detector import Detector
from edgeface.inference.recognizer import Recognizer
from edgeface.tasks.detection.faces import Face
from edgeface.tasks.detection.main_face import main_face
from edgeface.tasks.recognition.align import align_face
from edgeface.tasks.recognition.comparison import Comparison, compare_embeddings, match_threshold
from edgeface.tasks.recognition.similarity import check_alignable


@dataclass(frozen=True, eq=False)
class IdentifiedFace:
    """A face, in pixels of its image, with its embedding float32 [width] of unit length."""

    face: Face
    embedding: NDArray[np.float32]


class FacePipeline:
    """A pipeline that finds faces, aligns them by their landmarks and embeds them.

    Args:
        detector: finds the faces.
        recognizer: embeds them.
        face_threshold: minimum score of a face, 0 to 1; None uses the detector's contract's.

    Raises:
        InputError: the detector's faces cannot be aligned: they have no landmarks, or not known ones.
    """

    def __init__(self, detector: Detector, recognizer: Recognizer, face_threshold: float | None = None) -> None:
        check_alignable(detector.landmark_count, str(detector.artifact.folder))
        self.detector = detector
        self.recognizer = recognizer
        self.face_threshold = face_threshold

    @classmethod
    def open(
        cls, detector: Path | str, recognizer: Path | str, face_threshold: float | None = None, threads: int = 1
    ) -> FacePipeline:
        """A pipeline of two artifacts.

        Args:
            detector: folder of a detector's artifact, or the model file in it.
            recognizer: the same of a recognizer's.
            face_threshold: minimum score of a face, 0 to 1; None uses the detector's contract's.
            threads: threads inside one operator, at least 1.

        Raises:
            EdgefaceError: as `Artifact.open`, `Detector` and `Recognizer` do.
        """
        finder = Detector(Artifact.open(Path(detector)), threads)
        return cls(finder, Recognizer(Artifact.open(Path(recognizer)), threads), face_threshold)

    def faces(self, image: NDArray[np.uint8]) -> list[IdentifiedFace]:
        """Every face of an image.

        Args:
            image: uint8 [H,W,3] in BGR, any size.

        Returns:
            Faces by falling score; empty if there are none.

        Raises:
            EdgefaceError: as `Detector.detect` and `Recognizer.embed_photo` do.
        """
        found = self.detector.detect(image, self.face_threshold)
        aligned = [align_face(image, face.landmarks, self.recognizer.contract) for face in found]
        embeddings = self.recognizer.embed(aligned)
        return [IdentifiedFace(face, embedding) for face, embedding in zip(found, embeddings, strict=True)]

    def main_face(self, image: NDArray[np.uint8], name: str = "the image") -> IdentifiedFace:
        """The main face of an image, the large one near the center; the others are not embedded.

        `edgeface.tasks.detection.main_face` chooses it by insightface's rule: in images like LFW's, people in the
        background may be larger than the named person.

        Args:
            image: uint8 [H,W,3] in BGR.
            name: the image's name in errors, e.g. its path.

        Raises:
            InputError: there is no face in it.
            EdgefaceError: as `Detector.detect` and `Recognizer.embed_photo` do.
        """
        face = main_face(self.detector.detect(image, self.face_threshold), (image.shape[0], image.shape[1]))
        if face is None:
            min_score = self.detector.contract.score_threshold if self.face_threshold is None else self.face_threshold
            raise InputError(
                f"no face was found with a score of at least {min_score:g}",
                where=name,
                fix="use an image with a larger, unobstructed face, or a lower --face-threshold",
            )
        return IdentifiedFace(face, self.recognizer.embed_photo(image, face.landmarks))

    def compare(
        self,
        image_a: NDArray[np.uint8],
        image_b: NDArray[np.uint8],
        threshold: float | None = None,
        names: tuple[str, str] = ("the first image", "the second image"),
    ) -> Comparison:
        """The comparison of the main faces of two images: whether they are the same person's.

        Args:
            image_a: uint8 [H,W,3] in BGR.
            image_b: the other.
            threshold: minimum cosine for the same person; None uses the recognizer's artifact's.
            names: the images' names in errors, e.g. their paths.

        Raises:
            InputError: an image shows no face, or the threshold is not a cosine.
            EdgefaceError: as `main_face` does.
        """
        chosen = match_threshold(self.recognizer.artifact, threshold)
        first, second = self.main_face(image_a, names[0]), self.main_face(image_b, names[1])
        return compare_embeddings(first.embedding, second.embedding, chosen, (first.face, second.face))
