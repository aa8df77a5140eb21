"""GhostFaceNet V1 and V2: light face recognizers, 512 numbers, the first convolution with stride 1 or 2.

Its trainings are Keras models (HamadYA/GhostFaceNets), of which conversions to PyTorch differ: the keys are those of
GhostNet in PyTorch as far as that goes, see `_ghost_network`. The contract is RGB, (x − 127.5) / 128.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgeface.contracts import Contract, ImageInput, RecognitionContract
from edgeface.models._checkpoint_family import CheckpointFamily

if TYPE_CHECKING:
    from torch import nn

_NAME = "ghostfacenet"
_FORMS = {"v1-s1": (1, 1), "v1-s2": (1, 2), "v2-s1": (2, 1), "v2-s2": (2, 2)}
_INPUT = ImageInput(height=112, width=112, color="rgb", mean=(127.5,) * 3, scale=(1 / 128,) * 3)


@dataclass(frozen=True)
class GhostFaceNets(CheckpointFamily):
    """The family; see the module docstring."""

    def variants(self) -> dict[str, Contract]:
        """Both versions with both strides; a checkpoint's is told by its tensors."""
        return {
            variant: RecognitionContract(family=_NAME, variant=variant, activation="prelu", input=_INPUT, width=512)
            for variant in _FORMS
        }

    def network(self, contract: Contract) -> nn.Module:
        """The variant's network with torch's initial weights."""
        from edgeface.models._ghost_network import GhostFaceNet

        return GhostFaceNet(*_FORMS[contract.variant])


FAMILY = GhostFaceNets(
    _NAME, "recognition", "GhostFaceNet V1 and V2 face recognizers, 512 numbers, 4 to 7 M parameters", slope=0.25
)
