"""What the detectors with landmarks of the 1 MB repository share: contract and network, but for a block.

Source of contract and layout: biubug6/Face-Detector-1MB-with-landmark (data/config.py, models/net_slim.py, net_rfb.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgeface.contracts import Anchors, Contract, DetectionContract, ImageInput
from edgeface.models._checkpoint_family import CheckpointFamily

if TYPE_CHECKING:
    from edgeface.models._slim_network import Slim

_ANCHORS = Anchors(strides=(8, 16, 32, 64), sizes=((10, 16, 24), (32, 48), (64, 96), (128, 192, 256)))
_INPUT = ImageInput(height=480, width=640, color="bgr", mean=(104.0, 117.0, 123.0))


@dataclass(frozen=True)
class SlimFamily(CheckpointFamily):
    """One of both; `rfb` says whether it has a receptive field block."""

    input_deviation: float = 60.0
    images_tell: bool = True
    rfb: bool = False

    def variants(self) -> dict[str, Contract]:
        """`1mb`; the color order is confirmed on images."""
        contract = DetectionContract(
            family=self.name, variant="1mb", activation="relu", input=_INPUT, parameters=_ANCHORS
        )
        return {contract.variant: contract}

    def network(self, contract: Contract) -> Slim:  # noqa: ARG002
        """The network with torch's initial weights."""
        from edgeface.models._slim_network import Slim

        return Slim(rfb=self.rfb)
