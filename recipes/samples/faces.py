"""Where faces are in the images, as the teacher sees them; found once and kept."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from distort import Image
from images import Images
from numpy.typing import NDArray

from edgeface.contracts import DetectionContract, detection
from edgeface.images.files import letterbox
from edgeface.models import family
from edgeface.tasks.detection.detect import detect_faces
from edgeface.tasks.detection.faces import Face
from edgeface.tasks.detection.main_face import main_face

_MIN_PX = 36
_MIN_SCORE = 0.8


@dataclass(frozen=True)
class Faces:
    """Faces to recognize.

    Attributes:
        sources: int32 [n]; a portrait's index, or −1 − a scene's.
        landmarks: float32 [n,5,2], pixels of the image.
    """

    sources: NDArray[np.int32]
    landmarks: NDArray[np.float32]

    def __len__(self) -> int:
        """How many there are."""
        return len(self.sources)

    def image(self, images: Images, index: int) -> Image:
        """The image that face `index` is in."""
        source = int(self.sources[index])
        return images.portraits[source] if source >= 0 else images.scenes[-1 - source]


def find_faces(images: Images, weights: Path, kept: Path) -> Faces:
    """The main face of each portrait, and the larger faces of scenes.

    Args:
        images: where to look.
        weights: a detector's checkpoint.
        kept: a file .npz that is read where it exists, else written.
    """
    if not kept.is_file():
        found = _find(images, weights)
        kept.parent.mkdir(parents=True, exist_ok=True)
        unfinished = kept.with_suffix(".part.npz")
        np.savez(unfinished, sources=found.sources, landmarks=found.landmarks)
        unfinished.replace(kept)
    with np.load(kept) as stored:
        return Faces(stored["sources"], stored["landmarks"])


def _find(images: Images, weights: Path) -> Faces:
    known = family("retinaface_mnet025")
    contract = detection(known.variants()["official"])
    network = known.load(weights, contract)
    sources: list[int] = []
    landmarks: list[tuple[tuple[float, float], ...]] = []
    portraits = contract.with_input_size(256, 256)
    for index in range(len(images.portraits)):
        image = images.portraits[index]
        face = main_face(detect(network, portraits, image, _MIN_SCORE), image.shape[:2])
        if face is not None:
            sources.append(index)
            landmarks.append(face.landmarks)
    scenes = contract.with_input_size(768, 1024)
    for index, image in enumerate(images.scenes):
        large = [face for face in detect(network, scenes, image, _MIN_SCORE) if face.size_px >= _MIN_PX]
        sources.extend([-1 - index] * len(large))
        landmarks.extend(face.landmarks for face in large)
    return Faces(np.array(sources, np.int32), np.array(landmarks, np.float32).reshape(-1, 5, 2))


def detect(network: torch.nn.Module, contract: DetectionContract, image: Image, least: float) -> list[Face]:
    """A detector's faces in an image, down to a score."""
    tensor, scale = letterbox(image, contract.input)
    with torch.inference_mode():
        made = network(torch.from_numpy(tensor))
    outputs = {name: part.numpy() for name, part in zip(contract.output_names, made, strict=True)}
    return detect_faces(outputs, contract, scale, image.shape[:2], least)
