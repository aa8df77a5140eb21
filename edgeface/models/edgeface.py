"""EdgeFace: face recognizers of 1.2 to 18 M parameters on an EdgeNeXt backbone, which mixes convolution and attention.

George et al., "EdgeFace: Efficient Face Recognition Model for Edge Devices" (2023). The keys are those of the released
checkpoints, whose inputs are aligned RGB faces, (x − 127.5) / 127.5. `s` and `xs` have linear layers of low rank, with
gamma 0.5 and 0.6.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgeface.contracts import Contract, ImageInput, RecognitionContract
from edgeface.models._checkpoint_family import CheckpointFamily

if TYPE_CHECKING:
    from torch import nn

_NAME = "edgeface"
_INPUT = ImageInput(height=112, width=112, color="rgb", mean=(127.5,) * 3, scale=(1 / 127.5,) * 3)
_VARIANTS = ("xs", "xxs", "s", "base")


@dataclass(frozen=True)
class EdgeFaces(CheckpointFamily):
    """The family; see the module docstring."""

    def variants(self) -> dict[str, Contract]:
        """All variants; a checkpoint's is told by its tensors."""
        return {
            variant: RecognitionContract(family=_NAME, variant=variant, input=_INPUT, width=512)
            for variant in _VARIANTS
        }

    def network(self, contract: Contract) -> nn.Module:
        """The variant's network with torch's initial weights."""
        from edgeface.models._edgenext_network import EdgeFace, Size

        narrow, small = (24, 48, 88, 168), (48, 96, 160, 304)
        sizes = {
            "xxs": Size(narrow, (2, 2, 6, 2), 4),
            "xs": Size((32, 64, 100, 192), (3, 3, 9, 3), 4, 0.6),
            "s": Size(small, (3, 3, 9, 3), 8, 0.5),
            "base": Size((80, 160, 288, 584), (3, 3, 9, 3), 8),
        }
        return EdgeFace(sizes[contract.variant])

    def random(self, contract: Contract, seed: int) -> nn.Module:
        """The network with seeded weights that resemble trained ones, in eval mode.

        Scales of layer normalization spread over channels, and a few are many times the others.
        """
        import torch

        module = super().random(contract, seed)
        generator = torch.Generator().manual_seed(seed + 1)
        for name, weight in module.named_parameters():
            if weight.ndim == 2:
                weight.data -= weight.data.mean(dim=1, keepdim=True)  # else images come out alike behind GELUs
            if weight.ndim != 1 and "temperature" not in name:
                continue
            if "norm" in name and name.endswith("weight"):
                weight.data.normal_(0.0, 0.3, generator=generator).exp_()
                few = torch.randperm(len(weight), generator=generator)[: max(1, len(weight) // 50)]
                weight.data[few] *= 6.0
            elif "gamma" in name or "temperature" in name:
                weight.data.uniform_(0.2, 1.0, generator=generator)
            elif "norm" in name or name.endswith("bias"):
                weight.data.normal_(0.0, 0.1, generator=generator)
        return module


FAMILY = EdgeFaces(
    _NAME, "recognition", "EdgeFace recognizers with attention, 512 numbers, 1.2 to 18 M parameters", slope=0.0
)
