"""A face recognizer from an artifact: aligned face in, embedding out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from edgeface.backends.declared import open_declared
from edgeface.contracts import recognition
from edgeface.core.artifact import Artifact
from edgeface.errors import ContractError
from edgeface.tasks.recognition.align import align_face
from edgeface.tasks.recognition.comparison import Comparison, compare_embeddings, match_threshold
from edgeface.tasks.recognition.embedding import embed_faces
from edgeface.tasks.recognition.vectors import is_embedding


class Recognizer:
    """A recognizer that runs an artifact as its contract says. Threads may share it (see `edgeface.load`).

    Args:
        artifact: an opened artifact of a recognition model.
        threads: threads inside one operator, at least 1.

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

    def embed(self, aligned: NDArray[np.uint8] | Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """The embedding of one aligned face, or of several.

        Args:
            aligned: uint8 [h,w,3] in BGR of the contract's input size, or a list of them.

        Returns:
            float32 [width] of unit length for one face, [n,width] for a list.

        Raises:
            InputError: a face has another size or dtype.
            RuntimeFailure: an embedding is zero or not finite, or the runtime fails.
        """
        if isinstance(aligned, np.ndarray) and aligned.ndim == 3:
            embedding: NDArray[np.float32] = embed_faces(self._runner.run, self.contract, [aligned])[0]
            return embedding
        return embed_faces(self._runner.run, self.contract, list(aligned))

    def embed_photo(self, image: NDArray[np.uint8], landmarks: ArrayLike) -> NDArray[np.float32]:
        """The embedding of a face in an image, aligned by its landmarks.

        Args:
            image: uint8 [H,W,3] in BGR.
            landmarks: five points [5,2], or BlazeFace's six, as x, y in pixels of the image, in the order of
                `Face.landmarks`.

        Returns:
            float32 [width] of unit length.

        Raises:
            InputError: the array is not an image, or the landmarks are not a face's.
            RuntimeFailure: the embedding is zero or not finite, or the runtime fails.
        """
        return self.embed(align_face(image, landmarks, self.contract))

    def compare(
        self, aligned_a: NDArray[np.uint8], aligned_b: NDArray[np.uint8], threshold: float | None = None
    ) -> Comparison:
        """The comparison of two aligned faces: whether they are the same person's.

        Args:
            aligned_a: uint8 [h,w,3] in BGR of the contract's input size.
            aligned_b: the other.
            threshold: minimum cosine for the same person; None uses the artifact's.

        Raises:
            InputError: a face has another size or dtype, or the threshold is not a cosine.
            RuntimeFailure: an embedding is zero or not finite, or the runtime fails.
        """
        chosen = match_threshold(self.artifact, threshold)
        first, second = self.embed([aligned_a, aligned_b])
        return compare_embeddings(first, second, chosen)


OPENER = Recognizer
