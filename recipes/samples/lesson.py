"""What a training needs to know of what is taught."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from edgeface.contracts import ImageInput


class Lesson(Protocol):
    """A student network, the images that it is shown, and its distance from its teacher."""

    @property
    def student(self) -> nn.Module:
        """The network that learns."""

    def image(self, random: np.random.Generator) -> NDArray[np.uint8]:
        """One image uint8 [h,w,3] in BGR, all of one size; called by several threads."""

    def losses(self, images: Tensor) -> dict[str, Tensor]:
        """Weighted parts of the loss for uint8 [n,h,w,3], by name."""

    def judge(self, student: nn.Module) -> dict[str, float]:
        """Figures of a student in eval mode on images that are not trained on."""


def normalize(images: Tensor, spec: ImageInput) -> Tensor:
    """A network's input float32 [n,3,h,w], channels last, of images uint8 [n,h,w,3] in BGR."""
    ordered = images.flip(3) if spec.color == "rgb" else images
    values = ordered.float()
    return ((values - values.new_tensor(spec.mean)) * values.new_tensor(spec.scale)).permute(0, 3, 1, 2)


def hint_loss(student: list[Tensor], teacher: list[Tensor]) -> Tensor:
    """Mean squared difference of inner maps [n,c,h,w], in units of the teacher's variance of each channel.

    Source: FitNets (Romero et al., ICLR 2015), without regressors because the maps' shapes are equal.
    """
    parts = []
    for mine, wanted in zip(student, teacher, strict=True):
        target = wanted.float()
        variance = target.var((0, 2, 3), keepdim=True)
        # A channel that hardly varies must not outweigh the others.
        parts.append(((mine.float() - target).square() / (variance + 0.05 * variance.mean() + 1e-6)).mean())
    total: Tensor = sum(parts[1:], parts[0]) / len(parts)
    return total
