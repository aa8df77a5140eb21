"""What MediaPipe's two BlazeFace networks share: contract and network, but for size and strides.

Layout and contract are those of hollance/BlazeFace-PyTorch: RGB, x / 127.5 − 1. There is one training of each, and
images do not tell its color order. They are two families, as contracts do not tell their networks apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgeface.contracts import Contract, DetectionContract, ImageInput, OutputNames, Parameters
from edgeface.models._checkpoint_family import CheckpointFamily

if TYPE_CHECKING:
    from torch import nn

_OUTPUTS = OutputNames.model_validate({"scores": "scores", "boxes": "boxes"})


@dataclass(frozen=True)
class BlazeFaceFamily(CheckpointFamily):
    """One of both: `back` is the larger one, for rear cameras."""

    back: bool = False

    def variants(self) -> dict[str, Contract]:
        """`mediapipe`."""
        side, strides = (256, (16, 32)) if self.back else (128, (8, 16))
        contract = DetectionContract(
            family=self.name,
            variant="mediapipe",
            activation="relu",
            input=ImageInput(height=side, width=side, color="rgb", mean=(127.5,) * 3, scale=(1 / 127.5,) * 3),
            decoder="blazeface",
            parameters=Parameters.model_validate({"strides": strides, "per_cell": (2, 6)}),
            outputs=_OUTPUTS,
            nms_iou=0.3,
        )
        return {contract.variant: contract}

    def network(self, contract: Contract) -> nn.Module:  # noqa: ARG002
        """The network with torch's initial weights."""
        from edgeface.models._blazeface_network import BlazeFace

        return BlazeFace(back=self.back)
