"""MobileFaceNet as two public PyTorch trainings define it; attribute names are their checkpoints' keys.

Both have the bottlenecks of MobileFaceNets (Chen et al., CCBR 2018), table 1, and a 1×1 convolution with batch norm for
the embedding. `PReluMobileFaceNet` is Xiaoccer/MobileFaceNet_Pytorch; `Relu6MobileFaceNet` is foamliu/MobileFaceNet.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from torch import Tensor, nn

EMBEDDING = 128
_LAST = 512
_Size: TypeAlias = int | tuple[int, int]

# expansion, channels, repetitions, stride of the first
_STAGES = ((2, 64, 5, 2), (4, 128, 1, 2), (2, 128, 6, 1), (4, 128, 1, 2), (2, 128, 2, 1))


def _stages() -> Iterator[tuple[int, int, int, int]]:
    """Input channels, inner channels, output channels and stride of every bottleneck."""
    channels = 64
    for expansion, outputs, count, stride in _STAGES:
        for index in range(count):
            yield channels, expansion * channels, outputs, stride if index == 0 else 1
            channels = outputs


class _Block(nn.Module):
    """Convolution, batch norm, and PReLU unless `linear`."""

    def __init__(
        self, inputs: int, outputs: int, kernel: _Size, stride: int = 1, padding: int = 0, *, linear: bool = False
    ) -> None:
        super().__init__()
        groups = inputs if kernel != 1 and inputs == outputs else 1  # all larger kernels except the first are depthwise
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, padding, groups=groups, bias=False)
        self.bn = nn.BatchNorm2d(outputs)
        self.prelu = nn.Identity() if linear else nn.PReLU(outputs)

    def forward(self, features: Tensor) -> Tensor:
        mapped: Tensor = self.prelu(self.bn(self.conv(features)))
        return mapped


class _Bottleneck(nn.Module):
    """Expand, 3×3 depthwise, project; `residual` adds the input. `conv` holds the layers."""

    def __init__(self, layers: nn.Sequential, residual: bool) -> None:
        super().__init__()
        self.residual = residual
        self.conv = layers

    def forward(self, features: Tensor) -> Tensor:
        mapped: Tensor = self.conv(features)
        return features + mapped if self.residual else mapped


class PReluMobileFaceNet(nn.Module):
    """The PReLU training, for aligned faces of 112×96 pixels."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = _Block(3, 64, 3, 2, 1)
        self.dw_conv1 = _Block(64, 64, 3, 1, 1)
        self.blocks = nn.Sequential(
            *(
                _Bottleneck(
                    nn.Sequential(
                        nn.Conv2d(inputs, wide, 1, bias=False),
                        nn.BatchNorm2d(wide),
                        nn.PReLU(wide),
                        nn.Conv2d(wide, wide, 3, stride, 1, groups=wide, bias=False),
                        nn.BatchNorm2d(wide),
                        nn.PReLU(wide),
                        nn.Conv2d(wide, outputs, 1, bias=False),
                        nn.BatchNorm2d(outputs),
                    ),
                    residual=stride == 1 and inputs == outputs,
                )
                for inputs, wide, outputs, stride in _stages()
            )
        )
        self.conv2 = _Block(128, _LAST, 1)
        self.linear7 = _Block(_LAST, _LAST, (7, 6), linear=True)
        self.linear1 = _Block(_LAST, EMBEDDING, 1, linear=True)

    def forward(self, image: Tensor) -> Tensor:
        """Embedding [1,128], float32, not normalized, of an aligned face [1,3,112,96]."""
        features = self.blocks(self.dw_conv1(self.conv1(image)))
        embedding: Tensor = self.linear1(self.linear7(self.conv2(features)))
        return embedding.flatten(1)


def _relu6(inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1) -> nn.Sequential:
    convolution = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(outputs), nn.ReLU6())


class _Separable(nn.Module):
    """3×3 depthwise and 1×1 convolutions, each with batch norm and ReLU6."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.depthwise = nn.Conv2d(channels, channels, 3, 1, 1, groups=channels, bias=False)
        self.pointwise = nn.Conv2d(channels, channels, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.bn2 = nn.BatchNorm2d(channels)
        self.relu = nn.ReLU6()

    def forward(self, features: Tensor) -> Tensor:
        inner = self.relu(self.bn1(self.depthwise(features)))
        mapped: Tensor = self.relu(self.bn2(self.pointwise(inner)))
        return mapped


class _GlobalDepthwise(nn.Module):
    """A depthwise convolution over the whole 7×7 map, and batch norm."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.depthwise = nn.Conv2d(channels, channels, 7, groups=channels, bias=False)
        self.bn = nn.BatchNorm2d(channels)

    def forward(self, features: Tensor) -> Tensor:
        pooled: Tensor = self.bn(self.depthwise(features))
        return pooled


class Relu6MobileFaceNet(nn.Module):
    """The ReLU6 training, for aligned faces of 112×112 pixels."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = _relu6(3, 64, 3, 2)
        self.dw_conv = _Separable(64)
        self.features = nn.Sequential(
            *(
                _Bottleneck(
                    nn.Sequential(
                        _relu6(inputs, wide, 1),
                        _relu6(wide, wide, 3, stride, wide),
                        nn.Conv2d(wide, outputs, 1, bias=False),
                        nn.BatchNorm2d(outputs),
                    ),
                    residual=stride == 1 and inputs == outputs,
                )
                for inputs, wide, outputs, stride in _stages()
            )
        )
        self.conv2 = _relu6(128, _LAST, 1)
        self.gdconv = _GlobalDepthwise(_LAST)
        self.conv3 = nn.Conv2d(_LAST, EMBEDDING, 1)
        self.bn = nn.BatchNorm2d(EMBEDDING)

    def forward(self, image: Tensor) -> Tensor:
        """Embedding [1,128], float32, not normalized, of an aligned face [1,3,112,112]."""
        features = self.conv2(self.features(self.dw_conv(self.conv1(image))))
        embedding: Tensor = self.bn(self.conv3(self.gdconv(features)))
        return embedding.flatten(1)
