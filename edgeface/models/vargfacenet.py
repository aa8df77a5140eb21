"""VarGFaceNet ×1.25: the winner of the LFR challenge's light track, 5 M parameters, 512 numbers.

It was trained in MXNet and no PyTorch checkpoint of it is widely used: the keys are edgeface's own, named in
`_vargfacenet_network`. The contract is insightface's for MXNet: RGB, (x − 127.5) / 128.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgeface.contracts import Contract, ImageInput, RecognitionContract
from edgeface.models._checkpoint_family import CheckpointFamily

if TYPE_CHECKING:
    from torch import nn

_NAME = "vargfacenet"
_INPUT = ImageInput(height=112, width=112, color="rgb", mean=(127.5,) * 3, scale=(1 / 128,) * 3)


@dataclass(frozen=True)
class VarGFaceNets(CheckpointFamily):
    """The family; see the module docstring."""

    def variants(self) -> dict[str, Contract]:
        """`x1.25`."""
        contract = RecognitionContract(family=_NAME, variant="x1.25", activation="prelu", input=_INPUT, width=512)
        return {contract.variant: contract}

    def network(self, contract: Contract) -> nn.Module:  # noqa: ARG002
        """The network with torch's initial weights."""
        from edgeface.models._vargfacenet_network import VarGFaceNet

        return VarGFaceNet()


FAMILY = VarGFaceNets(
    _NAME, "recognition", "VarGFaceNet x1.25 face recognizer, 512 numbers, 5 M parameters", slope=0.25
)
