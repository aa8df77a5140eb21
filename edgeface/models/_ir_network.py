"""The IR and IR-SE networks of the InsightFace_Pytorch lineage, as torch modules.

Architecture: the improved residual unit of ArcFace (Deng et al., CVPR 2019), with squeeze-and-excitation (Hu et al.,
CVPR 2018) for `se`. Attribute names are those that TreB1eN/InsightFace_Pytorch, face.evoLVe, CurricularFace and AdaFace
share, since they are the checkpoints' keys. Unlike arcface_torch's, a block of equal widths has no projection but takes
every second pixel, and older trainings have no batch norm between a block's first convolution and its PReLU.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

WIDTHS = (64, 128, 256, 512)
BLOCKS = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3), 50: (3, 4, 14, 3), 101: (3, 13, 30, 3)}
"""Blocks in each of the four stages, by depth."""

_REDUCTION = 16


@dataclass(frozen=True)
class Form:
    """What trainings of this lineage differ in.

    Attributes:
        depth: 18, 34, 50 or 101.
        se: whether blocks end in squeeze-and-excitation.
        middle_norm: whether a batch norm follows a block's first convolution.
        affine: whether the embedding's batch norm has a gain and a shift.
    """

    depth: int
    se: bool = False
    middle_norm: bool = False
    affine: bool = True


class SqueezeExcitation(nn.Module):
    """Each channel times a gate, which two 1×1 convolutions compute from all channels' means."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.fc1 = nn.Conv2d(channels, channels // _REDUCTION, 1, bias=False)
        self.fc2 = nn.Conv2d(channels // _REDUCTION, channels, 1, bias=False)

    def forward(self, features: Tensor) -> Tensor:
        """A map of the same shape."""
        means = nn.functional.adaptive_avg_pool2d(features, 1)
        gated: Tensor = features * self.fc2(self.fc1(means).relu()).sigmoid()
        return gated


class Block(nn.Module):
    """Batch norm, two 3×3 convolutions and a shortcut."""

    def __init__(self, inputs: int, outputs: int, stride: int, form: Form) -> None:
        super().__init__()
        self.shortcut_layer: nn.Module = nn.MaxPool2d(1, stride) if stride > 1 else nn.Identity()
        if inputs != outputs:
            projection = nn.Conv2d(inputs, outputs, 1, stride, bias=False)
            self.shortcut_layer = nn.Sequential(projection, nn.BatchNorm2d(outputs))
        layers = [nn.BatchNorm2d(inputs), nn.Conv2d(inputs, outputs, 3, 1, 1, bias=False)]
        layers += [nn.BatchNorm2d(outputs)] if form.middle_norm else []
        layers += [nn.PReLU(outputs), nn.Conv2d(outputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs)]
        layers += [SqueezeExcitation(outputs)] if form.se else []
        self.res_layer = nn.Sequential(*layers)

    def forward(self, features: Tensor) -> Tensor:
        """A map [1,outputs,⌈h/stride⌉,⌈w/stride⌉] of a map [1,inputs,h,w]."""
        mapped: Tensor = self.res_layer(features) + self.shortcut_layer(features)
        return mapped


class IrNetwork(nn.Module):
    """The complete recognizer for 112×112 pixels."""

    def __init__(self, form: Form, embedding: int = 512) -> None:
        super().__init__()
        first = nn.Conv2d(3, WIDTHS[0], 3, 1, 1, bias=False)
        self.input_layer = nn.Sequential(first, nn.BatchNorm2d(WIDTHS[0]), nn.PReLU(WIDTHS[0]))
        blocks, width = [], WIDTHS[0]
        for outputs, count in zip(WIDTHS, BLOCKS[form.depth], strict=True):
            for index in range(count):
                blocks.append(Block(width, outputs, 2 if index == 0 else 1, form))
                width = outputs
        self.body = nn.Sequential(*blocks)
        self.output_layer = nn.Sequential(
            nn.BatchNorm2d(width),
            nn.Dropout(),
            nn.Flatten(),
            nn.Linear(width * 7 * 7, embedding),
            nn.BatchNorm1d(embedding, affine=form.affine),
        )

    def forward(self, image: Tensor) -> Tensor:
        """Embedding [1,embedding], float32, not normalized, of an aligned face [1,3,112,112]."""
        embedding: Tensor = self.output_layer(self.body(self.input_layer(image)))
        return embedding
