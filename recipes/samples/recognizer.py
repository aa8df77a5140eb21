"""Distil a MobileFaceNet recognizer: the student learns the teacher's embeddings, and its inner maps."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import torch
from distort import Image, degrade, hide, mirror, recolor
from faces import Faces
from images import Images
from layers import place, quicken
from lesson import hint_loss, normalize
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from edgeface.contracts import recognition
from edgeface.models import family
from edgeface.models._mobilefacenet_network import MobileFaceNet
from edgeface.models._mobilefacenet_trainings import Relu6MobileFaceNet
from edgeface.tasks.recognition.similarity import similarity_transform

FAMILY = "mobilefacenet"
VARIANT = "y1"
TEACHER_VARIANT = "relu6-128"
_HELD_OUT_EVERY = 25
_JUDGED = 192


class RecognizerLesson:
    """A student with a narrower stem and PReLU, for 112×112 pixels as its teacher.

    Few faces are there to learn from, so most are mixed: two faces faded into each other, or parts of one put on
    another, are new faces to the teacher, who sees each image itself (Beyer et al., "Knowledge distillation: a good
    teacher is patient and consistent", CVPR 2022).

    Args:
        images: what to show.
        faces: where faces are in them.
        weights: the teacher's checkpoint.
        device: where both networks are.
        compiled: compile the losses by torch's inductor, which fuses what lies between the convolutions.
    """

    def __init__(
        self, images: Images, faces: Faces, weights: Path, device: torch.device, compiled: bool = False
    ) -> None:
        known = family(FAMILY)
        self.contract = recognition(known.variants()[VARIANT])
        self._taught = recognition(known.variants()[TEACHER_VARIANT])
        self.images, self._faces = images, faces
        teacher, student = known.load(weights, self._taught), known.build(self.contract)
        assert isinstance(teacher, Relu6MobileFaceNet)
        assert isinstance(student, MobileFaceNet)
        if device.type == "cpu":
            quicken(student, rectifiers=not compiled)
        place(teacher, device)
        place(student, device)
        self._teacher = teacher
        self.student: nn.Module = student.train().requires_grad_(True)
        self._device = device
        self._losses = torch.compile(self._distance, dynamic=False) if compiled else self._distance

    def image(self, random: np.random.Generator) -> Image:
        """A face, often with another mixed in; one in thirty is any part of a scene."""
        if random.random() < 1 / 30:
            return degrade(recolor(self._anything(random), random), random)
        face = self._face(random)
        kind = random.random()
        if kind < 0.5:
            share = random.uniform(0.15, 0.5)
            face = np.asarray(cv2.addWeighted(face, 1 - share, self._face(random), share, 0), np.uint8)
        elif kind < 0.65:
            face = hide(face, random, self._face(random))
        if random.random() < 0.12:
            face = hide(face, random)
        return degrade(recolor(face, random), random)

    def losses(self, images: Tensor) -> dict[str, Tensor]:
        """Of embeddings' directions, of their angles to one another within the batch, and of inner maps."""
        return self._losses(images)

    def _distance(self, images: Tensor) -> dict[str, Tensor]:
        with torch.no_grad():
            wanted, shown = _teach(self._teacher, normalize(images, self._taught.input))
            wanted = functional.normalize(wanted)
        made, hints = _study(self.student, normalize(images, self.contract.input))
        made = functional.normalize(made)
        relations = (made @ made.T - wanted @ wanted.T).square().mean()
        return {
            "cosine": 4 * (1 - (made * wanted).sum(1)).mean(),
            "relations": 8 * relations,
            "hints": hint_loss(hints, shown),
        }

    @torch.inference_mode()
    def judge(self, student: nn.Module) -> dict[str, float]:
        """Mean cosine with the teacher's embedding, on unchanged faces that are held out."""
        chosen = range(0, len(self._faces), _HELD_OUT_EVERY)[:_JUDGED]
        images = np.stack([self._aligned(index, np.eye(2, 3)) for index in chosen])
        shown = torch.from_numpy(images).to(self._device)
        wanted, _ = _teach(self._teacher, normalize(shown, self._taught.input))
        made, _ = _study(student, normalize(shown, self.contract.input))
        return {"cosine": float(functional.cosine_similarity(made, wanted).mean())}

    def _face(self, random: np.random.Generator) -> Image:
        index = int(random.integers(0, len(self._faces)))
        if index % _HELD_OUT_EVERY == 0:
            index = min(index + 1, len(self._faces) - 1)
        return mirror(self._aligned(index, _jitter(random)), random)

    def _aligned(self, index: int, moved: NDArray[np.float64]) -> Image:
        """A face where its recognizer wants it, then moved: by one warp, so that no sharpness is lost twice."""
        matrix = similarity_transform(self._faces.landmarks[index], self.contract.template)
        both = moved @ np.vstack([matrix, [0, 0, 1]])
        size = (self.contract.input.width, self.contract.input.height)
        return np.asarray(cv2.warpAffine(self._faces.image(self.images, index), both, size), np.uint8)

    def _anything(self, random: np.random.Generator) -> Image:
        scene = self.images.scenes[int(random.integers(0, len(self.images.scenes)))]
        side = int(random.uniform(60, min(scene.shape[:2])))
        top, left = (int(random.integers(0, length - side + 1)) for length in scene.shape[:2])
        size = (self.contract.input.width, self.contract.input.height)
        part = scene[top : top + side, left : left + side]
        return np.asarray(cv2.resize(part, size, interpolation=cv2.INTER_AREA), np.uint8)


def _jitter(random: np.random.Generator) -> NDArray[np.float64]:
    """A small turn, change of size and shift about the middle of 112×112 pixels; float64 [2,3]."""
    middle = np.array([55.5, 55.5])
    angle, scale = random.normal(0, 0.06), np.exp(random.normal(0, 0.06, 2))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) * scale
    return np.column_stack([turn, middle + random.normal(0, 2.0, 2) - turn @ middle])


def _teach(teacher: Relu6MobileFaceNet, tensor: Tensor) -> tuple[Tensor, list[Tensor]]:
    """Embeddings float32 [n,128] and the maps after each of its sizes."""
    with torch.autocast(tensor.device.type, torch.bfloat16):
        features = teacher.dw_conv(teacher.conv1(tensor))
        maps = [features]
        for number, block in enumerate(teacher.features):
            features = block(features)
            if number in {4, 11, 14}:
                maps.append(features)
        features = teacher.conv2(features)
        embedding: Tensor = teacher.bn(teacher.conv3(teacher.gdconv(features)))
    return embedding.flatten(1).float(), [*maps, features]


def _study(student: nn.Module, tensor: Tensor) -> tuple[Tensor, list[Tensor]]:
    """As `_teach`."""
    assert isinstance(student, MobileFaceNet)
    maps = []
    with torch.autocast(tensor.device.type, torch.bfloat16):
        features = tensor
        for number, layer in enumerate(student.layers):
            features = layer(features)
            if number in {1, 3, 5, 7}:
                maps.append(features)
        features = student.conv_sep(features)
        maps.append(features)
    embedding: Tensor = student.features(features.float())
    return embedding, maps
