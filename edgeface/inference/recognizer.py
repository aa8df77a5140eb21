"""A face recognizer from an artifact: aligned face in, embedding out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from edgeface.backends.declared import open_declared
from edgeface.contracts import recognition
from edgeface.core.artifact import Artifact
from edgeface.errors import ContractError
from edgeface.images.given import Color, GivenImage, given_image, given_images
from edgeface.tasks.recognition.align import align_face
from edgeface.tasks.recognition.comparison import Comparison, compare_embeddings, match_threshold
from edgeface.tasks.recognition.embedding import embed_faces
from edgeface.tasks.recognition.vectors import is_embedding


class Recognizer:
    """A recognizer that runs an artifact as its contract says. Threads may share it (see `edgeface.load`).

    `edgeface.load_recognizer` makes one of a folder.

    Args:
        artifact: an opened artifact of a recognition model.
        threads: threads inside one operator, at least 1.

    Attributes:
        artifact: the artifact.
        contract: how images become its input, and what its output means; `contract.width` is the embedding's.

    Raises:
        InputError: the model file is missing or damaged.
        RuntimeFailure: the runtime refuses the model.
        ContractError: the artifact is not a recognizer's, or its input or output is not the one that the contract
            declares.
    """

    task: ClassVar[str] = "recognition"

    def __init__(self, artifact: Artifact, threads: int = 1) -> None:
        self.artifact = artifact
        self.contract = recognition(artifact.contract, str(artifact.folder))
        self._runner = open_declared(artifact, threads)
        found = {spec.name: spec.shape for spec in self._runner.outputs}
        if set(found) != set(self.contract.output_names) or not is_embedding(
            found[self.contract.output], self.contract.width
        ):
            raise ContractError(
                f"the model's outputs are {found}, its contract says {[1, self.contract.width]}",
                where=str(artifact.model_path),
                fix="export the artifact again",
            )

    def embed(self, aligned: GivenImage | Sequence[GivenImage], *, color: Color = "bgr") -> NDArray[np.float32]:
        """The embedding of one aligned face, or of several.

        Args:
            aligned: uint8 [h,w,3] of the contract's input size, or several as `embed_batch` takes them.
            color: the order of the channels: "bgr" as OpenCV's, "rgb" as PIL's.

        Returns:
            float32 [width] of unit length for one face, [n,width] for several.

        Raises:
            InputError: a face is None, no such array, or has another size.
            RuntimeFailure: an embedding is zero or not finite, or the runtime fails.

        Example:
            >>> embedding = recognizer.embed(edgeface.read_image("aligned.png"))
        """
        if isinstance(aligned, list | tuple) or (isinstance(aligned, np.ndarray) and aligned.ndim == 4):
            return self.embed_batch(aligned, color=color)
        face = given_image(aligned, color, "the face")
        embedding: NDArray[np.float32] = self._embed([face])[0]
        return embedding

    def embed_batch(self, faces: Sequence[GivenImage] | NDArray[Any], *, color: Color = "bgr") -> NDArray[np.float32]:
        """The embeddings of several aligned faces: what `embed` gives for each.

        The faces run one after the other, so the results are equal to those of one by one, to the bit.

        Args:
            faces: a list of uint8 [h,w,3] of the contract's input size, or one array uint8 [n,h,w,3].
            color: the order of the channels, "bgr" or "rgb".

        Returns:
            float32 [n,width], each row of unit length.

        Raises:
            InputError: one is no aligned face; the error says which.
            RuntimeFailure: an embedding is zero or not finite, or the runtime fails.

        Example:
            >>> recognizer.embed_batch([face, other]).shape
            (2, 128)
        """
        return self._embed(list(given_images(faces, color, "face")))

    def embed_photo(self, image: GivenImage, landmarks: ArrayLike, *, color: Color = "bgr") -> NDArray[np.float32]:
        """The embedding of a face in an image, aligned by its landmarks.

        Args:
            image: uint8 [H,W,3].
            landmarks: five points [5,2], or BlazeFace's six, as x, y in pixels of the image, in the order of
                `Face.landmarks`.
            color: the order of the image's channels, "bgr" or "rgb".

        Returns:
            float32 [width] of unit length.

        Raises:
            InputError: the image is None or no such array, or the landmarks are not a face's.
            RuntimeFailure: the embedding is zero or not finite, or the runtime fails.

        Example:
            >>> face = detector.detect(image)[0]
            >>> embedding = recognizer.embed_photo(image, face.landmarks)
        """
        return self.embed(align_face(given_image(image, color), landmarks, self.contract))

    def compare(
        self, aligned_a: GivenImage, aligned_b: GivenImage, threshold: float | None = None, *, color: Color = "bgr"
    ) -> Comparison:
        """The comparison of two aligned faces: whether they are the same person's.

        Args:
            aligned_a: uint8 [h,w,3] of the contract's input size.
            aligned_b: the other.
            threshold: minimum cosine for the same person; None uses the artifact's.
            color: the order of their channels, "bgr" or "rgb".

        Raises:
            InputError: a face is None, no such array or has another size, or the threshold is not a cosine.
            RuntimeFailure: an embedding is zero or not finite, or the runtime fails.

        Example:
            >>> recognizer.compare(face, other).same
        """
        chosen = match_threshold(self.artifact, threshold)
        first, second = self.embed_batch([aligned_a, aligned_b], color=color)
        return compare_embeddings(first, second, chosen)

    def _embed(self, faces: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        return embed_faces(self._runner.run, self.contract, faces, self._runner.channels_last)


OPENER = Recognizer
