"""CR-FIQA: IResNet-50 and -100 with a quality besides the embedding: 512 numbers, and one.

Layout and contract are those of fdbtrs/CR-FIQA (Boutros et al., CVPR 2023): arcface_torch's IResNet, and a linear layer
`qs` on the embedding; RGB, (x − 127.5) / 127.5. The quality is the further output `quality` [1,1]: higher is better.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgeface.contracts import Contract, ImageInput, RecognitionContract
from edgeface.models._checkpoint_family import CheckpointFamily

if TYPE_CHECKING:
    from torch import nn

_NAME = "cr_fiqa"
_DEPTHS = {"r50": 50, "r100": 100}
_INPUT = ImageInput(height=112, width=112, color="rgb", mean=(127.5,) * 3, scale=(1 / 127.5,) * 3)


@dataclass(frozen=True)
class CrFiqa(CheckpointFamily):
    """The family; see the module docstring."""

    def variants(self) -> dict[str, Contract]:
        """`r50`, the small and `r100`, the large model; a checkpoint's is told by its tensors."""
        return {
            variant: RecognitionContract(
                family=_NAME, variant=variant, activation="prelu", input=_INPUT, width=512, further=("quality",)
            )
            for variant in _DEPTHS
        }

    def network(self, contract: Contract) -> nn.Module:
        """The variant's network with torch's initial weights."""
        from edgeface.models._quality_network import QualityNetwork

        return QualityNetwork(_DEPTHS[contract.variant])


FAMILY = CrFiqa(
    _NAME,
    "recognition",
    "CR-FIQA: IResNet-50 and -100 face recognizers with a quality as a further output, 512 numbers",
    slope=0.25,
)
