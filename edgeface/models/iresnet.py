"""IResNet-18, -34, -50 and -100 in the layout of arcface_torch: recognizers of 24 to 65 M parameters, 512 numbers.

ArcFace and PartialFC (deepinsight/insightface), ElasticFace and MagFace-like trainings save this layout; its inputs are
aligned RGB faces, (x − 127.5) / 127.5. The layout with `input_layer` and `body` is the family `ir_face`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgeface.contracts import Contract, ImageInput, RecognitionContract
from edgeface.models._checkpoint_family import CheckpointFamily

if TYPE_CHECKING:
    from torch import nn

_NAME = "iresnet"
_DEPTHS = {"r50": 50, "r18": 18, "r34": 34, "r100": 100}
_INPUT = ImageInput(height=112, width=112, color="rgb", mean=(127.5,) * 3, scale=(1 / 127.5,) * 3)


@dataclass(frozen=True)
class IResNets(CheckpointFamily):
    """The family; see the module docstring."""

    def variants(self) -> dict[str, Contract]:
        """One for each depth; a checkpoint's is told by its tensors."""
        return {
            variant: RecognitionContract(family=_NAME, variant=variant, activation="prelu", input=_INPUT, width=512)
            for variant in _DEPTHS
        }

    def network(self, contract: Contract) -> nn.Module:
        """The variant's network with torch's initial weights."""
        from edgeface.models._iresnet_network import IResNet

        return IResNet(_DEPTHS[contract.variant])


FAMILY = IResNets(
    _NAME,
    "recognition",
    "IResNet-18 to -100 face recognizers of arcface_torch and trainings like it, 512 numbers, 24 to 65 M parameters",
    slope=0.25,
)
