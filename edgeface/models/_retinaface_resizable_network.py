"""RetinaFace that can be traced once for every input size."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor
from torch.nn import functional

from edgeface.models._retinaface_network import FeaturePyramid, RetinaFace


class ResizablePyramid(FeaturePyramid):
    """The pyramid with sizes that stay computed in a trace, where the plain one turns them into constants."""

    def forward(self, maps: Sequence[Tensor]) -> list[Tensor]:
        """Three maps of 64 channels, of the sizes of the three given."""
        fine, middle, coarse = (self.get_submodule(f"output{i}")(m) for i, m in enumerate(maps, 1))
        middle = self.merge2(middle + functional.interpolate(coarse, size=list(middle.shape[2:])))
        fine = self.merge1(fine + functional.interpolate(middle, size=list(fine.shape[2:])))
        return [fine, middle, coarse]


class ResizableRetinaFace(RetinaFace):
    """RetinaFace with a `ResizablePyramid`: the same weights, numbers and names."""

    def __init__(self, anchors: int, slope: float) -> None:
        super().__init__(anchors, slope)
        self.fpn = ResizablePyramid(slope)
