"""MOS-S: a face detector with five landmarks and head poses, ShuffleNetV2 body.

The pose is the further output `pose` [1,N,3]: yaw, pitch and roll of each anchor in degrees. Layout (but for the
deformable convolutions, see `_mos_network`) and contract are those of lyp-deeplearning/MOS-Multi-Task-Face-Detect.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgeface.contracts import Anchors, Contract, DetectionContract, ImageInput, detection
from edgeface.models._checkpoint_family import CheckpointFamily

if TYPE_CHECKING:
    from torch import nn

_NAME = "mos"
_ANCHORS = Anchors(strides=(8, 16, 32), sizes=((16, 32), (64, 128), (256, 512)))
_INPUT = ImageInput(height=480, width=640, color="bgr", mean=(104.0, 117.0, 123.0))
_SLOPE = 0.1


@dataclass(frozen=True)
class MosFamily(CheckpointFamily):
    """The family; see the module docstring."""

    def variants(self) -> dict[str, Contract]:
        """`s`."""
        contract = DetectionContract(
            family=_NAME,
            variant="s",
            activation="leaky_relu",
            negative_slope=_SLOPE,
            input=_INPUT,
            parameters=_ANCHORS,
            further=("pose",),
        )
        return {contract.variant: contract}

    def network(self, contract: Contract) -> nn.Module:
        """The network with torch's initial weights."""
        from edgeface.models._mos_network import Mos
        from edgeface.models._shufflenet_body import WIDTHS, ShuffleNetBody

        return Mos(ShuffleNetBody(), WIDTHS, detection(contract).negative_slope)


FAMILY = MosFamily(
    _NAME,
    "detection",
    "MOS-S: face detector with five landmarks and head poses as a further output, ShuffleNetV2",
    input_deviation=60.0,
    images_tell=True,
)
