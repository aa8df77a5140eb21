"""RetinaFace-mnet0.25: the small face detector with five landmarks, 0.43 M parameters.

Contracts come from the public trainings: `official` is the training of the widely used PyTorch reimplementation
(LeakyReLU 0.1, original anchors), `1mb` the lightweight-detector training (plain ReLU, small anchors), `rgb` is like
`official`, on RGB images. Each was confirmed by average precision on labeled WIDER images; a wrong contract loads
without error, but about halves the precision.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from edgeface.contracts import Activation, Anchors, ColorOrder, Contract, DetectionContract, ImageInput, detection

if TYPE_CHECKING:
    from edgeface.models._retinaface_network import RetinaFace

_NAME = "retinaface_mnet025"
_STRIDES = (8, 16, 32)
_LARGE = Anchors(strides=_STRIDES, sizes=((16, 32), (64, 128), (256, 512)))
_SMALL = Anchors(strides=_STRIDES, sizes=((10, 20), (32, 64), (128, 256)))
_SLOPE = 0.1
_PIXEL_DEVIATION = 60.0


def _contract(variant: str, activation: Activation, anchors: Anchors, color: ColorOrder) -> DetectionContract:
    return DetectionContract(
        family=_NAME,
        variant=variant,
        activation=activation,
        negative_slope=_SLOPE if activation == "leaky_relu" else 0.0,
        input=ImageInput(height=480, width=640, color=color, mean=(104.0, 117.0, 123.0)),
        parameters=anchors,
    )


@dataclass(frozen=True)
class RetinaFaceMnet025:
    """The family; see the module docstring."""

    name: str = _NAME
    task: str = "detection"
    description: str = (
        "RetinaFace face detector, MobileNet-V1 x0.25 with FPN and SSH, five landmarks, 0.43 M parameters"
    )

    def variants(self) -> dict[str, Contract]:
        """`official`, `1mb` and `rgb`."""
        return {
            "official": _contract("official", "leaky_relu", _LARGE, "bgr"),
            "1mb": _contract("1mb", "relu", _SMALL, "bgr"),
            "rgb": _contract("rgb", "leaky_relu", _LARGE, "rgb"),
        }

    def build(self, contract: Contract) -> RetinaFace:
        """The network in eval mode with torch's initial weights."""
        from edgeface.models._retinaface_network import RetinaFace

        declared = detection(contract)
        return RetinaFace(len(declared.anchors.sizes[0]), declared.negative_slope).eval().requires_grad_(False)

    def load(self, path: Path, contract: Contract) -> RetinaFace:
        """The network with the weights of a .pth or .safetensors file, in eval mode.

        Raises:
            CheckpointError: the file is not a checkpoint of this network.
        """
        from edgeface.models.checkpoint import load_weights

        module = self.build(contract)
        load_weights(module, path)
        return module

    def variant_of(self, _: Path) -> str | None:
        """None: the tensors of the variants do not differ."""
        return None

    def random(self, contract: Contract, seed: int) -> RetinaFace:
        """The network with seeded weights, in eval mode; the same seed gives the same weights."""
        from edgeface.models._random_weights import randomize

        module = self.build(contract)
        randomize(module, seed, detection(contract).negative_slope, _PIXEL_DEVIATION)
        return module


FAMILY = RetinaFaceMnet025()
