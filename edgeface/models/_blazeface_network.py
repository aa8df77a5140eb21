"""BlazeFace's front and back networks, as torch modules.

Architecture: Bazarevsky et al., "BlazeFace" (2019), as MediaPipe's models have it: single blocks, no batch norms, and
TFLite's padding at stride 2. Attribute names are those of hollance/BlazeFace-PyTorch, the checkpoints' keys.
"""

from __future__ import annotations

from typing import TypeAlias

import torch
from torch import Tensor, nn
from torch.nn import functional

_Blocks: TypeAlias = tuple[tuple[int, int, int], ...]

# input channels, output channels and stride of each block
_FRONT: _Blocks = (
    *((24, 24, 1), (24, 28, 1), (28, 32, 2), (32, 36, 1), (36, 42, 1), (42, 48, 2)),
    *((48, 56, 1), (56, 64, 1), (64, 72, 1), (72, 80, 1), (80, 88, 1)),
)
_FRONT_END: _Blocks = ((88, 96, 2), (96, 96, 1), (96, 96, 1), (96, 96, 1), (96, 96, 1))
_BACK: _Blocks = (
    *(*((24, 24, 1),) * 7, (24, 24, 2), *((24, 24, 1),) * 7, (24, 48, 2)),
    *(*((48, 48, 1),) * 7, (48, 96, 2), *((96, 96, 1),) * 7),
)
ANCHORS = (2, 6)
"""Anchors per cell of the two maps."""

_VALUES = 16


class _Block(nn.Module):
    """3×3 depthwise and 1×1 convolutions; `shortcut` adds the input, pooled at stride 2, with channels of zeros."""

    def __init__(self, inputs: int, outputs: int, stride: int, shortcut: bool = True) -> None:
        super().__init__()
        self.stride, self.shortcut, self.added = stride, shortcut, outputs - inputs
        depthwise = nn.Conv2d(inputs, inputs, 3, stride, 1 if stride == 1 else 0, groups=inputs)
        self.convs = nn.Sequential(depthwise, nn.Conv2d(inputs, outputs, 1))

    def forward(self, features: Tensor) -> Tensor:
        padded = functional.pad(features, (0, 2, 0, 2)) if self.stride > 1 else features
        mapped: Tensor = self.convs(padded)
        if self.shortcut:
            kept = functional.max_pool2d(features, 2, 2) if self.stride > 1 else features
            mapped = mapped + (functional.pad(kept, (0, 0, 0, 0, 0, self.added)) if self.added else kept)
        return torch.relu(mapped)


def _backbone(blocks: _Blocks, first: bool) -> nn.Sequential:
    begin: list[nn.Module] = [nn.Conv2d(3, 24, 5, 2), nn.ReLU()] if first else []
    return nn.Sequential(*begin, *(_Block(*block) for block in blocks))


class BlazeFace(nn.Module):
    """The complete detector for one image.

    Args:
        back: the network for 256×256 pixels, not the front one for 128×128.
    """

    def __init__(self, back: bool) -> None:
        super().__init__()
        self.back = back
        if back:
            self.backbone, self.final = _backbone(_BACK, first=True), _Block(96, 96, 2, shortcut=False)
        else:
            self.backbone1, self.backbone2 = _backbone(_FRONT, first=True), _backbone(_FRONT_END, first=False)
        wide = 96 if back else 88
        self.classifier_8, self.classifier_16 = nn.Conv2d(wide, ANCHORS[0], 1), nn.Conv2d(96, ANCHORS[1], 1)
        self.regressor_8 = nn.Conv2d(wide, ANCHORS[0] * _VALUES, 1)
        self.regressor_16 = nn.Conv2d(96, ANCHORS[1] * _VALUES, 1)

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """Scores [1,896,1] before the sigmoid, and boxes with landmarks [1,896,16] in pixels, float32."""
        first, second = (self.backbone, self.final) if self.back else (self.backbone1, self.backbone2)
        fine = first(functional.pad(image, (1, 2, 1, 2)))
        coarse = second(fine)
        scores = (self.classifier_8(fine), self.classifier_16(coarse))
        boxes = (self.regressor_8(fine), self.regressor_16(coarse))
        return torch.cat([_flat(m, 1) for m in scores], 1), torch.cat([_flat(m, _VALUES) for m in boxes], 1)


def _flat(values: Tensor, count: int) -> Tensor:
    """[1, h·w·anchors, count] in the order row, column, anchor."""
    return values.permute(0, 2, 3, 1).reshape(1, -1, count)
