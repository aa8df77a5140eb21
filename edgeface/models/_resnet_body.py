"""ResNet-50 without its classifier, as torch modules: a body that gives maps of the strides 8, 16 and 32.

Architecture: He et al., CVPR 2016, with the stride in a block's 3×3 convolution. Attribute names are torchvision's,
since they are the checkpoints' keys.
"""

from __future__ import annotations

from torch import Tensor, nn

WIDTHS = (512, 1024, 2048)
"""Channels of the maps."""

_STAGES = ((64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2))  # inner channels, blocks, stride of the first
_EXPANSION = 4


class _Block(nn.Module):
    """Three convolutions, of which the second is 3×3, and a shortcut, which is projected where shapes change."""

    def __init__(self, inputs: int, inner: int, stride: int) -> None:
        super().__init__()
        outputs = inner * _EXPANSION
        self.conv1, self.bn1 = nn.Conv2d(inputs, inner, 1, bias=False), nn.BatchNorm2d(inner)
        self.conv2, self.bn2 = nn.Conv2d(inner, inner, 3, stride, 1, bias=False), nn.BatchNorm2d(inner)
        self.conv3, self.bn3 = nn.Conv2d(inner, outputs, 1, bias=False), nn.BatchNorm2d(outputs)
        self.relu = nn.ReLU()
        self.downsample: nn.Module | None = None
        if inputs != outputs:
            self.downsample = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, features: Tensor) -> Tensor:
        mapped = self.relu(self.bn1(self.conv1(features)))
        mapped = self.bn3(self.conv3(self.relu(self.bn2(self.conv2(mapped)))))
        shortcut = features if self.downsample is None else self.downsample(features)
        joined: Tensor = self.relu(mapped + shortcut)
        return joined


class ResNetBody(nn.Module):
    """The body for one image."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64)
        self.relu = nn.ReLU()
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        width = 64
        for number, (inner, count, stride) in enumerate(_STAGES, 1):
            blocks = []
            for index in range(count):
                blocks.append(_Block(width, inner, stride if index == 0 else 1))
                width = inner * _EXPANSION
            self.add_module(f"layer{number}", nn.Sequential(*blocks))

    def forward(self, image: Tensor) -> list[Tensor]:
        """Maps [1,512,⌈H/8⌉,⌈W/8⌉], [1,1024,⌈H/16⌉,⌈W/16⌉] and [1,2048,⌈H/32⌉,⌈W/32⌉] of an image [1,3,H,W]."""
        features = self.maxpool(self.relu(self.bn1(self.conv1(image))))
        maps = []
        for number in range(1, 5):
            features = self.get_submodule(f"layer{number}")(features)
            maps.append(features)
        return maps[1:]
