"""BlazeFace's front network: MediaPipe's short-range detector for 128×128 pixels, six landmarks, 0.1 M parameters.

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

_NAME = "blazeface"
_INPUT = ImageInput(height=128, width=128, color="rgb", mean=(127.5,) * 3, scale=(1 / 127.5,) * 3)
_PARAMETERS = Parameters.model_validate({"strides": (8, 16), "per_cell": (2, 6)})
_OUTPUTS = OutputNames.model_validate({"scores": "scores", "boxes": "boxes"})


@dataclass(frozen=True)
class BlazeFaces(CheckpointFamily):
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

        return BlazeFace(back=False)


FAMILY = BlazeFaces(
    _NAME, "detection", "BlazeFace face detector of MediaPipe for 128x128 pixels, six landmarks, 0.1 M parameters"
)
