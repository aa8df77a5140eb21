"""RetinaFace that can be traced once for all input sizes."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor
from torch.nn import functional

from edgeface.models._retinaface_network import FeaturePyramid, RetinaFace


class ResizablePyramid(FeaturePyramid):
    """The pyramid with sizes that are computed in the trace, where the plain one makes them constants."""

    def forward(self, maps: Sequence[Tensor]) -> list[Tensor]:
        """Three maps of 64 channels, with the sizes of the three inputs."""
        fine, middle, coarse = (self.get_submodule(f"output{i}")(m) for i, m in enumerate(maps, 1))
        middle = self.merge2(middle + functional.interpolate(coarse, size=list(middle.shape[2:])))
        fine = self.merge1(fine + functional.interpolate(middle, size=list(fine.shape[2:])))
        return [fine, middle, coarse]


class ResizableRetinaFace(RetinaFace):
    """RetinaFace with a `ResizablePyramid`: the same weights, results and names."""

    def __init__(self, anchors: int, slope: float) -> None:
        super().__init__(anchors, slope)
        self.fpn = ResizablePyramid(slope)
