"""ShuffleNetV2 ×1.0 without its classifier, as torch modules: a body that gives maps of the strides 8, 16 and 32.

Architecture: Ma et al., ECCV 2018. Attribute names are torchvision's, since they are the checkpoints' keys.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

WIDTHS = (116, 232, 464)
"""Channels of the maps."""

_UNITS = (4, 8, 4)
_FIRST = 24


def _conv(inputs: int, outputs: int, stride: int = 1, depthwise: bool = False) -> list[nn.Module]:
    kernel, groups = (3, inputs) if depthwise else (1, 1)
    convolution = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False)
    return [convolution, nn.BatchNorm2d(outputs)]


class _Unit(nn.Module):
    """Half of the channels passes, or at stride 2 a branch of its own; the halves are then interleaved."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        half = outputs // 2
        self.branch1 = nn.Sequential()
        if stride > 1:
            self.branch1 = nn.Sequential(*_conv(inputs, inputs, stride, True), *_conv(inputs, half), nn.ReLU())
        wide = inputs if stride > 1 else half
        layers = [*_conv(wide, half), nn.ReLU(), *_conv(half, half, stride, True), *_conv(half, half), nn.ReLU()]
        self.branch2 = nn.Sequential(*layers)
        self.stride, self.parts = stride, [half, half]

    def forward(self, features: Tensor) -> Tensor:
        first, second = (features, features) if self.stride > 1 else torch.split(features, self.parts, dim=1)
        joined = torch.cat([self.branch1(first), self.branch2(second)], dim=1)
        count, channels, height, width = joined.shape
        halves = joined.view(int(count), 2, int(channels) // 2, height, width)
        return halves.transpose(1, 2).reshape(int(count), int(channels), height, width)


class ShuffleNetBody(nn.Module):
    """The body for one image."""

    def __init__(self) -> None:
        super().__init__()
        first = nn.Conv2d(3, _FIRST, 3, 2, 1, bias=False)
        self.conv1 = nn.Sequential(first, nn.BatchNorm2d(_FIRST), nn.ReLU())
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        width = _FIRST
        for number, (outputs, count) in enumerate(zip(WIDTHS, _UNITS, strict=True), 2):
            units = [_Unit(width, outputs, 2), *(_Unit(outputs, outputs, 1) for _ in range(count - 1))]
            self.add_module(f"stage{number}", nn.Sequential(*units))
            width = outputs

    def forward(self, image: Tensor) -> list[Tensor]:
        """Maps [1,116,⌈H/8⌉,⌈W/8⌉], [1,232,⌈H/16⌉,⌈W/16⌉] and [1,464,⌈H/32⌉,⌈W/32⌉] of an image [1,3,H,W]."""
        features = self.maxpool(self.conv1(image))
        maps = []
        for number in range(2, 5):
            features = self.get_submodule(f"stage{number}")(features)
            maps.append(features)
        return maps
