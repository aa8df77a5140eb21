"""IResNet with a quality that a linear layer computes from the embedding, as fdbtrs/CR-FIQA defines it."""

from __future__ import annotations

from torch import Tensor, nn

from edgeface.models._iresnet_network import IResNet


class QualityNetwork(nn.Module):
    """The complete network for 112×112 pixels.

    Args:
        depth: of the IResNet.
        embedding: size of the embedding.
    """

    def __init__(self, depth: int, embedding: int = 512) -> None:
        super().__init__()
        for name, layer in IResNet(depth, embedding).named_children():
            self.add_module(name, layer)
        self.qs = nn.Linear(embedding, 1)

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """Embedding [1,embedding], not normalized, and quality [1,1] of an aligned face [1,3,112,112], float32."""
        embedding = IResNet.forward(self, image)  # type: ignore[arg-type]
        return embedding, self.qs(embedding)
