"""RetinaFace with a MobileNetV3-small body: a face detector with five landmarks.

The body has torchvision's layout (`_mobilenet_v3_body`), the rest biubug6/Pytorch_Retinaface's with 64 channels and
LeakyReLU 0.1. No public training is the standard one: anchors, color order and activations are confirmed on images.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgeface.contracts import Anchors, Contract, DetectionContract, ImageInput, detection
from edgeface.models._checkpoint_family import CheckpointFamily

if TYPE_CHECKING:
    from torch import nn

_NAME = "retinaface_mnv3"
_STRIDES = (8, 16, 32)
_ANCHORS = {
    "official": Anchors(strides=_STRIDES, sizes=((16, 32), (64, 128), (256, 512))),
    "1mb": Anchors(strides=_STRIDES, sizes=((10, 20), (32, 64), (128, 256))),
}
_INPUT = ImageInput(height=480, width=640, color="bgr", mean=(104.0, 117.0, 123.0))
_SLOPE = 0.1


@dataclass(frozen=True)
class RetinaFaceMnv3(CheckpointFamily):
    """The family; see the module docstring."""

    def variants(self) -> dict[str, Contract]:
        """`official` and `1mb`: the anchors of both repositories."""
        return {
            variant: DetectionContract(
                family=_NAME,
                variant=variant,
                activation="leaky_relu",
                negative_slope=_SLOPE,
                input=_INPUT,
                parameters=anchors,
            )
            for variant, anchors in _ANCHORS.items()
        }

    def network(self, contract: Contract) -> nn.Module:
        """The network with torch's initial weights."""
        from edgeface.models._mobilenet_v3_body import WIDTHS, MobileNetV3Body
        from edgeface.models._retinaface_network import RetinaFace

        return RetinaFace(2, detection(contract).negative_slope, MobileNetV3Body(), WIDTHS)


FAMILY = RetinaFaceMnv3(
    _NAME,
    "detection",
    "RetinaFace face detector, MobileNetV3-small with FPN and SSH, five landmarks, 1.3 M parameters",
    input_deviation=60.0,
    images_tell=True,
)
