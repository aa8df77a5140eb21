"""BlazeFace's back network: MediaPipe's detector for rear cameras, 256×256 pixels, six landmarks.

Layout and contract are those of hollance/BlazeFace-PyTorch: RGB, x / 127.5 − 1.
There is one training, and images do not tell its color order.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgeface.contracts import Contract, DetectionContract, ImageInput, OutputNames, Parameters
from edgeface.models._checkpoint_family import CheckpointFamily

if TYPE_CHECKING:
    from torch import nn

_NAME = "blazeface_back"
_INPUT = ImageInput(height=256, width=256, color="rgb", mean=(127.5,) * 3, scale=(1 / 127.5,) * 3)
_PARAMETERS = Parameters.model_validate({"strides": (16, 32), "per_cell": (2, 6)})
_OUTPUTS = OutputNames.model_validate({"scores": "scores", "boxes": "boxes"})


@dataclass(frozen=True)
class BlazeFaceBacks(CheckpointFamily):
    """The family; see the module docstring."""

    def variants(self) -> dict[str, Contract]:
        """`mediapipe`."""
        contract = DetectionContract(
            family=_NAME,
            variant="mediapipe",
            activation="relu",
            input=_INPUT,
            decoder="blazeface",
            parameters=_PARAMETERS,
            outputs=_OUTPUTS,
            nms_iou=0.3,
        )
        return {contract.variant: contract}

    def network(self, contract: Contract) -> nn.Module:  # noqa: ARG002
        """The network with torch's initial weights."""
        from edgeface.models._blazeface_network import BlazeFace

        return BlazeFace(back=True)


FAMILY = BlazeFaceBacks(
    _NAME, "detection", "BlazeFace face detector of MediaPipe for 256x256 pixels, six landmarks, 0.15 M parameters"
)
