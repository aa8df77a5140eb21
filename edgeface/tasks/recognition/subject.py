"""The aligned face of an image that is fed to a recognizer."""

from __future__ import annotations

import numpy as np

from edgeface.contracts import ARCFACE_TEMPLATE, RecognitionContract
from edgeface.errors import InputError
from edgeface.tasks.detection.main_face import main_face
from edgeface.tasks.recognition.align import align_face
from edgeface.tasks.task import FindFaces, Image

ALIGNED_PX = 112
"""Side of an aligned face by the ArcFace template, as the public data sets store them."""


def aligned_subject(image: Image, contract: RecognitionContract, find: FindFaces | None, where: str) -> Image | None:
    """An image's face, aligned as the contract says, uint8 [h,w,3] in BGR; None where none is found.

    Args:
        image: uint8 [H,W,3] in BGR; an image of the input's size or of 112×112 pixels counts as an aligned face.
        contract: the recognizer's.
        find: finds the faces of any other image.
        where: the image's name in errors.

    Raises:
        InputError: the image is not an aligned face, and `find` is None.
    """
    height, width = image.shape[:2]
    if (height, width) == (contract.input.height, contract.input.width):
        return image
    if (height, width) == (ALIGNED_PX, ALIGNED_PX):
        return align_face(image, np.array(ARCFACE_TEMPLATE), contract)
    if find is None:
        raise InputError(
            f"an image of {height}×{width} pixels is not an aligned face",
            where=where,
            fix=f"pass --detector ARTIFACT, which aligns faces, or faces aligned to {ALIGNED_PX} pixels",
        )
    face = main_face(find(image), (height, width))
    return None if face is None else align_face(image, np.array(face.landmarks), contract)
