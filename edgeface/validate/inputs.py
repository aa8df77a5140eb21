"""The images that a network is shown, made of files: images for detectors, aligned faces for recognizers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np

from edgeface.contracts import ARCFACE_TEMPLATE, Contract, DetectionContract, RecognitionContract
from edgeface.core.progress import note, track
from edgeface.errors import InputError
from edgeface.images.split import read_images
from edgeface.images.synthetic import synthetic_images
from edgeface.inference.detector import Detector
from edgeface.tasks.detection.main_face import main_face
from edgeface.tasks.recognition.align import align_face
from edgeface.tasks.task import Image

ALIGNED_PX = 112
"""Side of an aligned face by the ArcFace template, as the public data sets store them."""


def task_images(
    files: Sequence[Path],
    doing: str,
    contract: Contract,
    detector: Detector | None = None,
    others: Sequence[Path] = (),
) -> Iterator[Image]:
    """Read one after the other, with progress.

    Args:
        files: images; for a recognizer also aligned faces of its input's size or of 112×112 pixels.
        doing: what they are read for, as in "calibrating".
        contract: of the network that they are for.
        detector: finds and aligns the main face where a recognizer's file is no aligned face.
        others: read later, or never; named too where a file cannot be used.

    Raises:
        InputError: files cannot be used, or show no aligned face and there is no detector.
    """
    if isinstance(contract, DetectionContract):
        yield from read_images(files, doing, others)
        return
    faceless: list[str] = []
    for file, face in zip(files, aligned_faces(files, doing, contract, detector, others), strict=True):
        if face is None:
            faceless.append(file.name)
        else:
            yield face
    if len(faceless) == len(files):
        raise InputError("no image shows a face", where=doing, fix="use images of faces")
    if faceless:
        note(f"{doing}: {len(faceless)} of {len(files)} images show no face and were left out: {faceless[0]}, …")


def aligned_faces(
    files: Sequence[Path],
    doing: str,
    contract: RecognitionContract,
    detector: Detector | None,
    others: Sequence[Path] = (),
) -> Iterator[Image | None]:
    """The main face of each file, aligned; None where the detector finds none. Arguments as of `task_images`."""
    for file, image in zip(files, read_images(files, doing, others), strict=True):
        face = _aligned(image, contract)
        yield _found(image, contract, detector, file) if face is None else face


def synthetic_for(contract: Contract, count: int, doing: str, seed: int = 0) -> Iterator[Image]:
    """Synthetic images of the size that the contract asks for; they say nothing about faces."""
    for image in track(synthetic_images(count, seed), doing):
        if isinstance(contract, DetectionContract):
            yield image
        else:
            size = (contract.input.width, contract.input.height)
            yield np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)


def _aligned(image: Image, contract: RecognitionContract) -> Image | None:
    """The image as an aligned face, if its size says that it is one."""
    size = (contract.input.height, contract.input.width)
    if image.shape[:2] == size:
        return image
    if image.shape[:2] == (ALIGNED_PX, ALIGNED_PX):
        return align_face(image, np.array(ARCFACE_TEMPLATE), contract)
    return None


def _found(image: Image, contract: RecognitionContract, detector: Detector | None, file: Path) -> Image | None:
    height, width = image.shape[:2]
    if detector is None:
        raise InputError(
            f"an image of {height}×{width} pixels is no aligned face",
            where=str(file),
            fix=f"pass --detector ARTIFACT, which aligns faces, or faces aligned to {ALIGNED_PX} pixels",
        )
    face = main_face(detector.detect(image), (height, width))
    return None if face is None else align_face(image, np.array(face.landmarks), contract)
