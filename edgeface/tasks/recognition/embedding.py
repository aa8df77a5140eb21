"""From an aligned face to its embedding."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from edgeface.contracts import ImageInput, RecognitionContract
from edgeface.errors import ContractError, InputError
from edgeface.graph.types import Array
from edgeface.images.tensor import fill_tensor, new_tensor
from edgeface.tasks.recognition.vectors import is_embedding, unit_length

TOGETHER = 16
"""Faces that are prepared together, while the processor's caches hold what prepares them."""

Run = Callable[[Mapping[str, Array]], Mapping[str, Array]]
"""A network: named float32 inputs in, named outputs out."""


def face_tensor(face: NDArray[np.uint8], spec: ImageInput, channels_last: bool = False) -> NDArray[np.float32]:
    """A recognizer's input tensor, from an aligned face.

    Args:
        face: uint8 [h,w,3] in BGR, of `spec`'s size.
        spec: input size, color order, mean and scale.
        channels_last: let the tensor lie in memory as [1,h,w,C].

    Returns:
        Float32 [1,C,h,w], contiguous unless the channels are last.

    Raises:
        InputError: another dtype or size; faces are never resized here, only aligned.
    """
    if face.dtype != np.uint8 or face.shape != (spec.height, spec.width, 3):
        raise InputError(
            f"an aligned face must be uint8 {[spec.height, spec.width, 3]}, this is {face.dtype} {list(face.shape)}",
            fix="align it by its landmarks (edgeface.tasks.recognition.align.align_face, or Recognizer.embed_photo)",
        )
    tensor = new_tensor(spec.shape, channels_last)
    fill_tensor(tensor, face, spec.color, spec.mean, spec.scale)
    return tensor


def embed_faces(
    run: Run, contract: RecognitionContract, faces: Sequence[NDArray[np.uint8]], channels_last: bool = False
) -> NDArray[np.float32]:
    """Embeddings of aligned faces, computed one after the other.

    Where the contract says `flip`, the network's embeddings of a face and of its mirror image are added without
    normalization, and the sum is scaled to unit length, as in public evaluations.

    Args:
        run: the network, on batches of one.
        contract: its contract.
        faces: each uint8 [h,w,3] in BGR, of the contract's input size.
        channels_last: whether the network reads its input so; it saves time and changes no number.

    Returns:
        float32 [n,width], each row of unit length.

    Raises:
        InputError: a face has another size or dtype.
        ContractError: the network's output is not the one that the contract declares.
        RuntimeFailure: an embedding is zero or not finite, or the runtime fails.
    """
    where = f"output {contract.output!r} of {contract.family} ({contract.variant})"
    embeddings = np.zeros((len(faces), contract.width), np.float32)
    for start in range(0, len(faces), TOGETHER):
        views = [_tensors(face, contract, channels_last) for face in faces[start : start + TOGETHER]]
        for index, tensors in enumerate(views, start=start):
            total = _embed(run, contract, tensors[0])
            for tensor in tensors[1:]:
                total = total + _embed(run, contract, tensor)
            embeddings[index] = unit_length(total, f"the embedding of face {index + 1} of {len(faces)}", where)
    return embeddings


def _tensors(face: NDArray[np.uint8], contract: RecognitionContract, channels_last: bool) -> list[NDArray[np.float32]]:
    """What the network is fed for a face: the face, and its mirror image where the contract says so."""
    views = [face, np.asarray(cv2.flip(face, 1), np.uint8)] if contract.flip else [face]
    return [face_tensor(view, contract.input, channels_last) for view in views]


def _embed(run: Run, contract: RecognitionContract, tensor: NDArray[np.float32]) -> NDArray[np.float64]:
    """The network's embedding [width], not normalized; float64, so that neither sum nor length can overflow."""
    return np.asarray(embedding_of(run({contract.input.name: tensor}), contract)[0], np.float64)


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
