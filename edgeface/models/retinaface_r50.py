"""RetinaFace with a ResNet-50 body: a face detector with five landmarks, 27 M parameters.

Layout and contract are those of biubug6/Pytorch_Retinaface (`cfg_re50`): torchvision's ResNet-50, pyramid of 256
channels, where activations are plain ReLU. The color order is confirmed on images.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgeface.contracts import Anchors, Contract, DetectionContract, ImageInput
from edgeface.models._checkpoint_family import CheckpointFamily

if TYPE_CHECKING:
    from torch import nn

_NAME = "retinaface_r50"
_ANCHORS = Anchors(strides=(8, 16, 32), sizes=((16, 32), (64, 128), (256, 512)))
_INPUT = ImageInput(height=480, width=640, color="bgr", mean=(104.0, 117.0, 123.0))
_CHANNELS = 256


@dataclass(frozen=True)
class RetinaFaceR50(CheckpointFamily):
    """The family; see the module docstring."""

    def variants(self) -> dict[str, Contract]:
        """`official`."""
        contract = DetectionContract(
            family=_NAME, variant="official", activation="relu", input=_INPUT, parameters=_ANCHORS
        )
        return {contract.variant: contract}

    def network(self, contract: Contract) -> nn.Module:  # noqa: ARG002
        """The network with torch's initial weights."""
        from edgeface.models._resnet_body import WIDTHS, ResNetBody
        from edgeface.models._retinaface_network import RetinaFace

        return RetinaFace(2, 0.0, ResNetBody(), WIDTHS, _CHANNELS)


FAMILY = RetinaFaceR50(
    _NAME,
    "detection",
    "RetinaFace face detector, ResNet-50 with FPN and SSH, five landmarks, 27 M parameters",
    input_deviation=60.0,
    images_tell=True,
)
