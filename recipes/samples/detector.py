"""Distil a RetinaFace detector: the student learns the teacher's raw outputs at every anchor, and its inner maps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from distort import Image
from faces import detect
from images import Images
from layers import place, quicken
from lesson import hint_loss, normalize
from misjudged import find_misjudged
from torch import Tensor, nn
from torch.nn import functional
from views import Views

from edgeface.contracts import DetectionContract, detection
from edgeface.models import family
from edgeface.models._retinaface_network import Head, RetinaFace

FAMILY = "retinaface_mnet025"
VARIANT = "official"
_JUDGED = 96
_SHOWN_SCORE = 0.3
_FALSE_FACES = 1.0


class Answers(NamedTuple):
    """A detector's inner maps, and for each stride its raw outputs.

    `faces` are differences of the two logits [n,anchors,h,w]; `offsets` boxes and landmarks [n,anchors,14,h,w].
    """

    hints: list[Tensor]
    faces: list[Tensor]
    offsets: list[Tensor]


class Second(NamedTuple):
    """What a second course begins with.

    Weights, by how much their scores were shifted, and points x, y of portraits, by number, that they misjudge.
    """

    weights: Path
    shift: float
    misjudged: Mapping[int, Sequence[tuple[float, float]]]


def second_course(images: Images, teacher: Path, weights: Path, shift: float, folder: Path) -> Second:
    """A second course for weights of an earlier one; what these misjudge is kept in a folder."""
    known = family(FAMILY)
    contract = detection(known.variants()[VARIANT])
    networks = (known.load(file, contract) for file in (teacher, weights))
    return Second(weights, shift, find_misjudged(images, contract, *networks, folder / "misjudged.npz"))


class DetectorLesson:
    """A student of the same architecture as its teacher, with its contract.

    The teacher sees each changed image itself, so that nothing about faces must be carried through the changes:
    a mirrored face has the landmarks that the teacher gives it.

    Args:
        images: what to show.
        weights: the teacher's checkpoint.
        device: where both networks are.
        compiled: compile the losses by torch's inductor, which fuses what lies between the convolutions.
        second: where a course begins with the weights of an earlier one: those, and what they misjudge.
    """

    def __init__(
        self, images: Images, weights: Path, device: torch.device, compiled: bool = False, second: Second | None = None
    ) -> None:
        known = family(FAMILY)
        self.contract = detection(known.variants()[VARIANT])
        teacher = known.load(weights, self.contract)
        student = known.load(second.weights, self.contract) if second else known.build(self.contract)
        centres = [_centres(teacher, self.contract, scene) for scene in images.scenes]
        self._views = Views(images, centres, second.misjudged if second else None)
        if device.type == "cpu":
            quicken(student)
        if second is None:
            _expect_few_faces(student)
        else:
            shift_scores(student, -second.shift)
        place(teacher, device)
        place(student, device)
        self._teacher = teacher
        self.student: nn.Module = student.train().requires_grad_(True)
        self._device = device
        self._losses = torch.compile(self._distance, dynamic=False) if compiled else self._distance

    def image(self, random: np.random.Generator) -> Image:
        """A changed view."""
        return self._views.changed(random)

    def losses(self, images: Tensor) -> dict[str, Tensor]:
        """Of scores, of offsets where the teacher sees a face, and of inner maps."""
        return self._losses(images)

    def _distance(self, images: Tensor) -> dict[str, Tensor]:
        tensor = normalize(images, self.contract.input)
        with torch.no_grad():
            wanted = answer(self._teacher, tensor)
        given = answer(self.student, tensor)
        scores, offsets, certain = [], [], []
        for mine, target, moves, moved in zip(given.faces, wanted.faces, given.offsets, wanted.offsets, strict=True):
            sure = torch.sigmoid(target)
            wrong = (torch.sigmoid(mine) - sure).abs().detach()
            # Nearly all anchors see no face and are easy; those where the student is wrong count (focal loss).
            weight = wrong + sure + 0.02 + _FALSE_FACES * wrong * (sure < 0.05)
            scores.append((weight * functional.binary_cross_entropy_with_logits(mine, sure, reduction="none")).sum())
            trusted = (sure * (sure > 0.1)).unsqueeze(2)
            offsets.append((trusted * functional.smooth_l1_loss(moves, moved, reduction="none", beta=0.1)).sum())
            certain.append(sure.sum())
        faces = torch.stack(certain).sum() + 1
        return {
            "scores": 4 * torch.stack(scores).sum() / faces,
            "offsets": 0.25 * torch.stack(offsets).sum() / faces,
            "hints": 2 * hint_loss(given.hints, wanted.hints),
        }

    @torch.inference_mode()
    def judge(self, student: nn.Module) -> dict[str, float]:
        """Of the anchors that see a face to the teacher: how many do not to the student, and how many more do."""
        randoms = [np.random.default_rng([7, number]) for number in range(_JUDGED)]
        views = torch.from_numpy(np.stack([self._views.plain(random, held_out=True) for random in randoms]))
        seen, missed, added = 0, 0, 0
        for part in torch.split(views, 16):
            tensor = normalize(part.to(self._device), self.contract.input)
            given, wanted = (answer(network, tensor).faces for network in (student, self._teacher))
            for mine, target in zip(given, wanted, strict=True):
                seen += int((target > 0).sum())
                missed += int(((target > 0) & (mine <= 0)).sum())
                added += int(((target <= 0) & (mine > 0)).sum())
        return {"missed_percent": 100 * missed / seen, "added_percent": 100 * added / seen}


def _centres(teacher: nn.Module, contract: DetectionContract, scene: Image) -> list[tuple[float, float]]:
    """Middles of the faces that the teacher sees in a scene, however small; x, y."""
    height, width = (-(-side // 32) * 32 for side in scene.shape[:2])
    faces = detect(teacher, contract.with_input_size(height, width), scene, _SHOWN_SCORE)
    return [((face.box[0] + face.box[2]) / 2, (face.box[1] + face.box[3]) / 2) for face in faces]


def _expect_few_faces(student: nn.Module) -> None:
    """Begin with a probability of 1 % everywhere, else the first steps teach nothing but that faces are rare."""
    assert isinstance(student, RetinaFace)
    for head in student.ClassHead:
        assert isinstance(head, Head)
        assert head.conv1x1.bias is not None
        head.conv1x1.bias.copy_(torch.tensor([2.3, -2.3]).repeat(len(head.conv1x1.bias) // 2))


def shift_scores(network: torch.nn.Module, shift: float) -> None:
    """Add to every anchor's difference of logits, in place."""
    assert isinstance(network, RetinaFace)
    for head in network.ClassHead:
        assert isinstance(head, Head)
        bias = head.conv1x1.bias
        assert bias is not None
        with torch.no_grad():
            bias += torch.tensor([-shift / 2, shift / 2]).repeat(len(bias) // 2)


def answer(network: nn.Module, tensor: Tensor) -> Answers:
    """What a RetinaFace answers to a batch float32 [n,3,h,w]; inner layers in bfloat16."""
    assert isinstance(network, RetinaFace)
    with torch.autocast(tensor.device.type, torch.bfloat16):
        maps = network.body(tensor)
        pyramid = network.fpn(maps)
        contexts = [ssh(m) for ssh, m in zip((network.ssh1, network.ssh2, network.ssh3), pyramid, strict=True)]
    logits, boxes, points = (
        [_by_anchor(head, m) for head, m in zip(heads, contexts, strict=True)]
        for heads in (network.ClassHead, network.BboxHead, network.LandmarkHead)
    )
    return Answers(
        [*maps, *pyramid, *contexts],
        [item[:, :, 1] - item[:, :, 0] for item in logits],
        [torch.cat(both, dim=2) for both in zip(boxes, points, strict=True)],
    )


def _by_anchor(head: nn.Module, features: Tensor) -> Tensor:
    """A head's values float32 [n,anchors,values,h,w]."""
    assert isinstance(head, Head)
    made: Tensor = head.conv1x1(features.float())
    return made.reshape(len(made), -1, head.values, *made.shape[2:])
