"""Every task's decisions, behind two functions: how an image is shown, and how well two networks agree on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from edgeface.contracts import Contract, DetectionContract
from edgeface.graph.types import Array
from edgeface.images.files import letterbox
from edgeface.tasks.detection.faces import detect_faces
from edgeface.tasks.detection.match import Agreement, match_faces
from edgeface.tasks.recognition.agreement import EmbeddingAgreement, compare_embeddings
from edgeface.tasks.recognition.embedding import face_tensor

Image: TypeAlias = NDArray[np.uint8]

LISTED_SCORE = 0.3
"""Faces down to this score are decoded, so that one at the threshold can be told from one not seen."""


@dataclass(frozen=True)
class View:
    """An image as the network is shown it: float32 [1,3,H,W]; `scale` in input pixels per pixel of the image."""

    image: Image
    tensor: NDArray[np.float32]
    scale: float


def view(image: Image, contract: Contract) -> View:
    """Show an image as the contract says.

    Args:
        image: uint8 [H,W,3] in BGR: any image for a detector, an aligned face for a recognizer.
        contract: of either task.

    Raises:
        InputError: the image is not usable.
    """
    if isinstance(contract, DetectionContract):
        return View(image, *letterbox(image, contract.input))
    return View(image, face_tensor(image, contract.input), 1.0)


def agree(
    shown: View, reference: Mapping[str, Array], candidate: Mapping[str, Array], contract: Contract
) -> Agreement | EmbeddingAgreement:
    """How well two networks' decisions about one image agree, from their outputs by name."""
    if isinstance(contract, DetectionContract):
        size = (shown.image.shape[0], shown.image.shape[1])
        first, second = (
            detect_faces(outputs, contract, shown.scale, size, LISTED_SCORE) for outputs in (reference, candidate)
        )
        return match_faces(first, second)
    return compare_embeddings(reference[contract.output], candidate[contract.output])
