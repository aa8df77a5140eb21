"""Edgeface's pipeline from a bundle's files: detect, align, embed, compare."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from edgeface.bundle.face_runner.contract import decoding_of
from edgeface.bundle.face_runner.errors import RunnerError
from edgeface.bundle.face_runner.integrity import FILE
from edgeface.bundle.face_runner.open_network import check_fit, model_files, open_network
from edgeface.bundle.face_runner.resize import Image, enlarge, shrink
from edgeface.bundle.face_runner.settings import BUNDLE, read_settings, tasks_of
from edgeface.bundle.face_runner.warp import warp_affine
from edgeface.images.fit import Scale, fit
from edgeface.images.normalize import normalized
from edgeface.reading.regular_file import read_file
from edgeface.tasks.detection.faces import Face
from edgeface.tasks.detection.main_face import main_face
from edgeface.tasks.recognition.similarity import similarity_transform
from edgeface.tasks.recognition.vectors import cosine, is_embedding, unit_length

if TYPE_CHECKING:
    from edgeface.bundle.face_runner.open_network import AnyNetwork

UNUSABLE = (ValueError, KeyError, TypeError, IndexError, AttributeError, OverflowError, RecursionError)
"""What documents of another form than a bundle's lead to."""
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Comparison:
    """Comparison of two main faces: the same person where the similarity, a cosine, reaches the threshold."""

    similarity: float
    threshold: float
    faces: tuple[Face, Face]

    @property
    def same(self) -> bool:
        """Whether the faces count as the same person's."""
        return self.similarity >= self.threshold


class FaceRunner:
    """A bundle's detector, and its recognizer if it has one. Threads may share it: runs of each network take turns.

    Args:
        files: the bundle's files by name.
        threads: threads inside one operator; None uses the bundle's recommendation for its device.
        kernels: of a TFLite runtime: "deployed" (its choice), "xnnpack" or "reference".

    Raises:
        RunnerError: a file is missing, the settings are not usable, no runtime loads the models, or a model has
            another input or output than its contract.
    """

    def __init__(self, files: Mapping[str, bytes], threads: int | None = None, kernels: str = "deployed") -> None:
        self.settings = read_settings(files[BUNDLE])
        count = self.settings["device"]["threads"] if threads is None else threads
        self.detector: dict[str, Any] = self.settings["detector"]["contract"]
        recognizer = self.settings["recognizer"]
        self.recognizer: dict[str, Any] = {} if recognizer is None else recognizer["contract"]
        self.face_threshold: float = self.settings["thresholds"]["face"]
        self.match_threshold: float | None = None if recognizer is None else self.settings["thresholds"]["match"]
        self._decoding = decoding_of(self.detector)
        self._find = open_network(files, self.settings["detector"]["model"], count, kernels)
        check_fit(self._find, self.settings["detector"]["model"], self.detector["input"], self._decoding.shapes())
        self._embed = None if recognizer is None else open_network(files, recognizer["model"], count, kernels)
        self._check_recognizer()

    @classmethod
    def open(cls, folder: Path, threads: int | None = None, kernels: str = "deployed") -> FaceRunner:
        """The runner of an unpacked bundle.

        Raises:
            RunnerError: the folder is not a bundle, or no runtime loads its models.
        """
        settings = read_folder_settings(folder)
        names = [BUNDLE, *(name for task in tasks_of(settings) for name in model_files(settings[task]["model"]))]
        return cls({name: read_file(folder / name, FILE) for name in names}, threads, kernels)

    def require_recognizer(self) -> AnyNetwork:
        """The recognizer's network.

        Raises:
            RunnerError: the bundle has none.
        """
        if self._embed is None:
            raise RunnerError("this bundle finds faces only", fix="pack it with a recognizer too")
        return self._embed

    def detect(self, image: Image, threshold: float | None = None) -> list[Face]:
        """Faces of an image uint8 [H,W,3] in BGR by falling score; threshold None uses the contract's."""
        tensor, scale = letterbox(image, self.detector["input"])
        min_score = self.face_threshold if threshold is None else threshold
        shape = image.shape[0], image.shape[1]
        return self._decoding.faces(self._find.run(tensor), scale, shape, min_score)

    def main_face(self, image: Image, name: str = "the image") -> Face:
        """The main face of an image, the large one near the center.

        Raises:
            RunnerError: there is none.
        """
        face = main_face(self.detect(image), (image.shape[0], image.shape[1]))
        if face is None:
            raise RunnerError(
                f"no face was found with a score of at least {self.face_threshold:g}",
                name,
                "use an image with a larger, unobstructed face",
            )
        return face

    def aligned(self, image: Image, face: Face) -> Image:
        """The face aligned for the recognizer, uint8 [h,w,3] in BGR.

        Raises:
            RunnerError: the bundle has no recognizer.
        """
        self.require_recognizer()
        return aligned_face(image, face.landmarks, self.recognizer)

    def embed(self, aligned: Image) -> Floats:
        """The embedding float32 [width], of unit length, of an aligned face uint8 [h,w,3] in BGR.

        Raises:
            RunnerError: the bundle has no recognizer.
            RuntimeFailure: the embedding is zero or not finite.
        """
        self.require_recognizer()
        total = self._embedding(aligned)
        if self.recognizer["flip"]:
            total = total + self._embedding(aligned[:, ::-1])
        return unit_length(total, "the embedding", self.settings["recognizer"]["model"])

    def compare(
        self, a: Image, b: Image, names: tuple[str, str] = ("the first image", "the second image")
    ) -> Comparison:
        """The comparison of the main faces of two images: whether they are the same person's.

        Raises:
            RunnerError: an image shows no face, or the bundle has no recognizer.
        """
        self.require_recognizer()
        faces = self.main_face(a, names[0]), self.main_face(b, names[1])
        first, second = self.embed(self.aligned(a, faces[0])), self.embed(self.aligned(b, faces[1]))
        return Comparison(cosine(first, second), float(self.settings["thresholds"]["match"]), faces)

    def _check_recognizer(self) -> None:
        """Compare the recognizer with its contract, before tensors of the contract's sizes are made."""
        if self._embed is None:
            return
        name, width = self.recognizer["output"], self.recognizer["width"]
        shape = self._embed.output_shapes().get(name, ())
        embedding = {name: shape if is_embedding(shape, width) else (1, width)}
        check_fit(self._embed, self.settings["recognizer"]["model"], self.recognizer["input"], embedding)

    def _embedding(self, aligned: Image) -> NDArray[np.float64]:
        outputs = self.require_recognizer().run(face_tensor(aligned, self.recognizer["input"]))
        embedding: NDArray[np.float64] = outputs[self.recognizer["output"]].reshape(-1).astype(np.float64)
        return embedding


def read_folder_settings(folder: Path) -> dict[str, Any]:
    """The settings of an unpacked bundle.

    Raises:
        RunnerError: the folder is not a bundle.
    """
    return read_settings(read_file(folder / BUNDLE, FILE), str(folder / BUNDLE))


def letterbox(image: Image, spec: Mapping[str, Any]) -> tuple[Floats, Scale]:
    """The detector's input float32 [1,h,w,C] of an image, and its scale in input pixels per pixel."""
    height, width = image.shape[:2]
    scale, rows, columns = fit((height, width), spec["height"], spec["width"], spec.get("fit", "letterbox"))
    if (rows, columns) != (height, width):
        image = (shrink if rows <= height and columns <= width else enlarge)(image, rows, columns)
    tensor = np.zeros((1, spec["height"], spec["width"], len(spec["mean"])), np.float32)
    tensor[0, :rows, :columns] = _normalized(image, spec)
    return tensor, scale


def aligned_face(image: Image, landmarks: ArrayLike, contract: Mapping[str, Any]) -> Image:
    """The aligned face of an image, as its recognizer's contract says.

    Args:
        image: uint8 [H,W,3].
        landmarks: [5,2] as x, y in pixels: the eye at the image's left, the eye at its right, the nose, the mouth's
            left and right corner; or BlazeFace's [6,2].
        contract: the recognizer's.

    Returns:
        uint8 [height,width,3].

    Raises:
        InputError: the landmarks are not those of one face.
    """
    size = contract["input"]
    return warp_affine(image, similarity_transform(landmarks, contract["template"]), size["height"], size["width"])


def face_tensor(aligned: Image, spec: Mapping[str, Any]) -> Floats:
    """The recognizer's input float32 [1,h,w,C] of an aligned face of that size.

    Raises:
        RunnerError: the face has another size.
    """
    if aligned.shape != (spec["height"], spec["width"], 3):
        raise RunnerError(
            f"an aligned face must be {spec['height']}×{spec['width']}, this is {list(aligned.shape)}",
            fix="align it by its landmarks first",
        )
    return _normalized(aligned, spec)[None]


def _normalized(image: Image, spec: Mapping[str, Any]) -> Floats:
    return normalized(image, spec["colour"], spec["mean"], spec["scale"])
