"""A pipeline of detector and recognizer: image in, embeddings of its faces out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edgeface.core.artifact import Artifact
from edgeface.errors import InputError
from edgeface.images.given import Color, GivenImage, given_image
from edgeface.inference.detector import Detector
from edgeface.inference.recognizer import Recognizer
from edgeface.reading.given_path import StrPath
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
        cls, detector: StrPath, recognizer: StrPath, face_threshold: float | None = None, threads: int = 1
    ) -> FacePipeline:
        """A pipeline of two artifacts.

        Args:
            detector: folder of a detector's artifact, the model file in it, or an opened `Artifact`.
            recognizer: the same of a recognizer's.
            face_threshold: minimum score of a face, 0 to 1; None uses the detector's contract's.
            threads: threads inside one operator, at least 1.

        Raises:
            EdgefaceError: as `Artifact.open`, `Detector` and `Recognizer` do.

        Example:
            >>> pipeline = edgeface.FacePipeline.open(
            ...     "out/retinaface_mnet025-tflite-int8", "out/mobilefacenet-tflite-int8"
            ... )
        """
        finder = Detector(Artifact.open(detector), threads)
        return cls(finder, Recognizer(Artifact.open(recognizer), threads), face_threshold)

    def faces(self, image: GivenImage, *, color: Color = "bgr") -> list[IdentifiedFace]:
        """Every face of an image.

        Args:
            image: uint8 [H,W,3], any size.
            color: the order of the image's channels: "bgr" as OpenCV's, "rgb" as PIL's.

        Returns:
            Faces by falling score; empty if there are none.

        Raises:
            EdgefaceError: as `Detector.detect` and `Recognizer.embed_photo` do.

        Example:
            >>> for found in pipeline.faces(cv2.imread("group.jpg")):
            ...     print(found.face.box, found.embedding.shape)
        """
        pixels = given_image(image, color)
        found = self.detector.detect(pixels, self.face_threshold)
        aligned = [align_face(pixels, face.landmarks, self.recognizer.contract) for face in found]
        embeddings = self.recognizer.embed_batch(aligned)
        return [IdentifiedFace(face, embedding) for face, embedding in zip(found, embeddings, strict=True)]

    def main_face(self, image: GivenImage, name: str = "the image", *, color: Color = "bgr") -> IdentifiedFace:
        """The main face of an image, the large one near the center; the others are not embedded.

        `edgeface.tasks.detection.main_face` chooses it by insightface's rule: in images like LFW's, people in the
        background may be larger than the named person.

        Args:
            image: uint8 [H,W,3].
            name: the image's name in errors, e.g. its path.
            color: the order of the image's channels, "bgr" or "rgb".

        Raises:
            InputError: there is no face in it.
            EdgefaceError: as `Detector.detect` and `Recognizer.embed_photo` do.
        """
        pixels = given_image(image, color, name)
        face = main_face(self.detector.detect(pixels, self.face_threshold), (pixels.shape[0], pixels.shape[1]))
        if face is None:
            min_score = self.detector.contract.score_threshold if self.face_threshold is None else self.face_threshold
            raise InputError(
                f"no face was found with a score of at least {min_score:g}",
                where=name,
                fix="use an image with a larger, unobstructed face, or a lower --face-threshold",
            )
        return IdentifiedFace(face, self.recognizer.embed_photo(pixels, face.landmarks))

    def compare(
        self,
        image_a: GivenImage,
        image_b: GivenImage,
        threshold: float | None = None,
        names: tuple[str, str] = ("the first image", "the second image"),
        *,
        color: Color = "bgr",
    ) -> Comparison:
        """The comparison of the main faces of two images: whether they are the same person's.

        Args:
            image_a: uint8 [H,W,3].
            image_b: the other.
            threshold: minimum cosine for the same person; None uses the recognizer's artifact's.
            names: the images' names in errors, e.g. their paths.
            color: the order of their channels, "bgr" or "rgb".

        Raises:
            InputError: an image shows no face, or the threshold is not a cosine.
            EdgefaceError: as `main_face` does.

        Example:
            >>> result = pipeline.compare(cv2.imread("a.jpg"), cv2.imread("b.jpg"))
            >>> print(result.same, result.similarity, result.threshold)
        """
        chosen = match_threshold(self.recognizer.artifact, threshold)
        first = self.main_face(image_a, names[0], color=color)
        second = self.main_face(image_b, names[1], color=color)
        return compare_embeddings(first.embedding, second.embedding, chosen, (first.face, second.face))
