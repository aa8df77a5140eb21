"""From an aligned face to its embedding."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from edgeface.contracts import ImageInput, RecognitionContract
from edgeface.errors import ContractError, InputError
from edgeface.graph.types import Array
from edgeface.images.normalize import normalized
from edgeface.tasks.recognition.vectors import is_embedding, unit_length

Run = Callable[[Mapping[str, Array]], Mapping[str, Array]]
"""A network: named float32 inputs in, named outputs out."""


def face_tensor(face: NDArray[np.uint8], spec: ImageInput) -> NDArray[np.float32]:
    """A recognizer's input tensor, from an aligned face.

    Args:
        face: uint8 [h,w,3] in BGR, of `spec`'s size.
        spec: input size, color order, mean and scale.

    Returns:
        Contiguous float32 [1,C,h,w].

    Raises:
        InputError: another dtype or size; faces are never resized here, only aligned.
    """
    if face.dtype != np.uint8 or face.shape != (spec.height, spec.width, 3):
        raise InputError(
            f"an aligned face must be uint8 {[spec.height, spec.width, 3]}, this is {face.dtype} {list(face.shape)}",
            fix="align it by its landmarks (edgeface.tasks.recognition.align.align_face, or Recognizer.embed_photo)",
        )
    normal = normalized(face, spec.color, spec.mean, spec.scale)
    return np.ascontiguousarray(normal.transpose(2, 0, 1)[None])


def embed_faces(run: Run, contract: RecognitionContract, faces: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
    """Embeddings of aligned faces, computed one after the other.

    Where the contract says `flip`, the network's embeddings of a face and of its mirror image are added without
    normalization, and the sum is scaled to unit length, as in public evaluations.

    Args:
        run: the network, on batches of one.
        contract: its contract.
        faces: each uint8 [h,w,3] in BGR, of the contract's input size.

    Returns:
        float32 [n,width], each row of unit length.

    Raises:
        InputError: a face has another size or dtype.
        ContractError: the network's output is not the one that the contract declares.
        RuntimeFailure: an embedding is zero or not finite, or the runtime fails.
    """
    where = f"output {contract.output!r} of {contract.family} ({contract.variant})"
    embeddings = np.zeros((len(faces), contract.width), np.float32)
    for index, face in enumerate(faces):
        total = _embed(run, contract, face)
        if contract.flip:
            total = total + _embed(run, contract, face[:, ::-1])
        embeddings[index] = unit_length(total, f"the embedding of face {index + 1} of {len(faces)}", where)
    return embeddings


def _embed(run: Run, contract: RecognitionContract, face: NDArray[np.uint8]) -> NDArray[np.float64]:
    """The network's embedding [width], not normalized; float64, so that neither sum nor length can overflow."""
    return np.asarray(
        embedding_of(run({contract.input.name: face_tensor(face, contract.input)}), contract)[0], np.float64
    )


def embedding_of(outputs: Mapping[str, Array], contract: RecognitionContract) -> Array:
    """The embedding [1,width] among a network's outputs, of whatever shape so many numbers have.

    Raises:
        ContractError: there is no such output, or it has other numbers than one embedding.
    """
    got = outputs.get(contract.output)
    if got is None or not is_embedding(got.shape, contract.width):
        shape = "missing" if got is None else f"{list(got.shape)}"
        raise ContractError(
            f"output {contract.output!r} is {shape}, the contract says [1, {contract.width}]",
            where=f"{contract.family} ({contract.variant})",
            fix="the contract's output name or width is not this network's",
        )
    return got.reshape(1, contract.width)
