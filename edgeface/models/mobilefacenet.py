"""MobileFaceNet: small face recognizers of about a million parameters.

`y1`, `y1-512`, `y2` and `mbf` are insightface's networks with its conventions. `relu6-128` and `prelu-112x96` are two
public PyTorch trainings; their contracts were confirmed on the 1 000 pairs of LFW's View 1 (99.3 % and 99.0 %). Other
normalizations load without error, but verify worse.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from edgeface.contracts import ARCFACE_TEMPLATE, Activation, Contract, ImageInput, RecognitionContract, recognition

if TYPE_CHECKING:
    from torch import nn

_NAME = "mobilefacenet"
_MXNET = ((127.5, 127.5, 127.5), (1 / 128, 1 / 128, 1 / 128))
_TORCH = ((127.5, 127.5, 127.5), (1 / 127.5, 1 / 127.5, 1 / 127.5))
_IMAGENET = ((123.675, 116.28, 103.53), (1 / 58.395, 1 / 57.12, 1 / 57.375))
_SLOPE = 0.25
_CUT = 8.0
"""Pixels that `prelu-112x96` crops on the left and on the right of an aligned face of 112×112."""


def _contract(
    variant: str,
    width: int,
    norm: tuple[tuple[float, float, float], tuple[float, float, float]] = _MXNET,
    activation: Activation = "prelu",
) -> RecognitionContract:
    mean, scale = norm
    image = ImageInput(height=112, width=112, color="rgb", mean=mean, scale=scale)
    return RecognitionContract(family=_NAME, variant=variant, activation=activation, input=image, width=width)


def _narrow() -> RecognitionContract:
    wide = _contract("prelu-112x96", 128)
    a, b, c, d, e = ((x - _CUT, y) for x, y in ARCFACE_TEMPLATE)
    image = wide.input.model_copy(update={"width": 96})
    return wide.model_copy(update={"input": image, "template": (a, b, c, d, e)})


@dataclass(frozen=True)
class MobileFaceNets:
    """The family; see the module docstring."""

    name: str = _NAME
    task: str = "recognition"
    description: str = "MobileFaceNet face recognizers, 128 to 512 numbers, about 1 M parameters"

    def variants(self) -> dict[str, Contract]:
        """All variants; a checkpoint's variant is inferred from its tensors."""
        known: list[RecognitionContract] = [
            _contract("y1", 128),
            _contract("y1-512", 512),
            _contract("y2", 256),
            _contract("mbf", 512, _TORCH),
            _contract("relu6-128", 128, _IMAGENET, "relu6"),
            _narrow(),
        ]
        return {contract.variant: contract for contract in known}

    def build(self, contract: Contract) -> nn.Module:
        """The variant's network in eval mode with torch's initial weights."""
        from edgeface.models.architectures import architecture

        return architecture(f"{_NAME}:{contract.variant}").build().requires_grad_(False)

    def load(self, path: Path, contract: Contract) -> nn.Module:
        """The variant's network with the weights of a checkpoint, in eval mode.

        Raises:
            CheckpointError: the file is not a checkpoint of this variant.
        """
        from edgeface.models.checkpoint import load_weights

        module = self.build(contract)
        load_weights(module, path)
        return module

    def random(self, contract: Contract, seed: int) -> nn.Module:
        """The variant's network with seeded weights, in eval mode."""
        from edgeface.models._random_weights import randomize

        module = self.build(contract)
        slope = _SLOPE if recognition(contract).activation == "prelu" else 0.0
        randomize(module, seed, slope, 0.5)
        return module

    def variant_of(self, path: Path) -> str | None:
        """The variant inferred from a checkpoint's tensors.

        Raises:
            CheckpointError: no variant matches; the nearest is named.
        """
        from edgeface.models.layouts import told_variant

        return told_variant(path, self)


FAMILY = MobileFaceNets()
