"""MobileFaceNet with PReLU, as torch modules.

Architecture: MobileFaceNets (Chen et al., CCBR 2018) as deepinsight/insightface defines it: y1 and y2 in
`recognition/arcface_mxnet/symbol/fmobilefacenet.py`, mbf in `recognition/arcface_torch/backbones/mobilefacenet.py`.
Attribute names are those of the latter, since they are its checkpoints' keys. The published totals of y1 and y2 are
reached with MXNet's default of a bias in the fully connected layer and with 64 inner channels at 56 pixels; in mbf that
layer has no bias.
"""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

LAST = 512
"""Channels before the embedding, for every scale."""


class ConvBlock(nn.Module):
    """Convolution without bias, batch norm and PReLU."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1) -> None:
        super().__init__()
        self.layers = _conv(inputs, outputs, kernel, stride, groups).append(nn.PReLU(outputs))

    def forward(self, features: Tensor) -> Tensor:
        """A map [1,outputs,⌈h/stride⌉,⌈w/stride⌉] of a map [1,inputs,h,w]."""
        mapped: Tensor = self.layers(features)
        return mapped


class LinearBlock(nn.Module):
    """Convolution without bias and batch norm."""

    def __init__(self, inputs: int, outputs: int, kernel: int, groups: int = 1) -> None:
        super().__init__()
        self.layers = _conv(inputs, outputs, kernel, 1, groups)

    def forward(self, features: Tensor) -> Tensor:
        """A map of `outputs` channels; a 7×7 kernel has no padding and gives [1,outputs,1,1] for a 7×7 map."""
        mapped: Tensor = self.layers(features)
        return mapped


def _conv(inputs: int, outputs: int, kernel: int, stride: int, groups: int) -> nn.Sequential:
    padding = kernel // 2 if kernel < 7 else 0
    convolution = nn.Conv2d(inputs, outputs, kernel, stride, padding, groups=groups, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(outputs))


class Bottleneck(nn.Module):
    """Expand to `wide` channels, 3×3 depthwise, project; `residual` adds the input."""

    def __init__(self, inputs: int, outputs: int, wide: int, residual: bool) -> None:
        super().__init__()
        self.residual = residual
        self.layers = nn.Sequential(
            ConvBlock(inputs, wide, 1),
            ConvBlock(wide, wide, 3, 1 if residual else 2, groups=wide),
            LinearBlock(wide, outputs, 1),
        )

    def forward(self, features: Tensor) -> Tensor:
        """A map of `outputs` channels, of the same size if residual, else of half the size."""
        mapped: Tensor = self.layers(features)
        return features + mapped if self.residual else mapped


class Residual(nn.Module):
    """Residual bottlenecks in a row."""

    def __init__(self, channels: int, count: int, wide: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(*(Bottleneck(channels, channels, wide, residual=True) for _ in range(count)))

    def forward(self, features: Tensor) -> Tensor:
        """A map of the same shape."""
        mapped: Tensor = self.layers(features)
        return mapped


class Embedding(nn.Module):
    """Global depthwise convolution (GDC), fully connected layer and batch norm."""

    def __init__(self, size: int, bias: bool) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            LinearBlock(LAST, LAST, 7, groups=LAST),
            nn.Flatten(),
            nn.Linear(LAST, size, bias=bias),
            nn.BatchNorm1d(size),
        )

    def forward(self, features: Tensor) -> Tensor:
        """Embedding [1,size] of a map [1,512,7,7]."""
        embedding: Tensor = self.layers(features)
        return embedding


class MobileFaceNet(nn.Module):
    """The complete recognizer for 112×112 pixels.

    Args:
        embedding: size of the embedding.
        blocks: residual blocks at 56, 28, 14 and 7 pixels; a first 1 means one depthwise convolution instead.
        scale: width multiplier: 1 for y1 and y2, 2 for mbf. The bottlenecks' inner widths do not scale with it.
        bias: whether the fully connected layer has a bias: true for MXNet, false for the torch trainings.
        first_wide: inner width of the residual blocks at 56 pixels, if there are any.
    """

    def __init__(
        self,
        embedding: int,
        blocks: Sequence[int] = (1, 4, 6, 2),
        scale: int = 1,
        bias: bool = False,
        first_wide: int = 128,
    ) -> None:
        super().__init__()
        narrow, broad = 64 * scale, 128 * scale
        first: nn.Module = Residual(narrow, blocks[0], first_wide)
        if blocks[0] == 1:
            first = ConvBlock(narrow, narrow, 3, groups=64)  # two channels per group at scale 2, as in mbf's training
        self.layers = nn.ModuleList(
            [
                ConvBlock(3, narrow, 3, stride=2),
                first,
                Bottleneck(narrow, narrow, 128, residual=False),
                Residual(narrow, blocks[1], 128),
                Bottleneck(narrow, broad, 256, residual=False),
                Residual(broad, blocks[2], 256),
                Bottleneck(broad, broad, 512, residual=False),
                Residual(broad, blocks[3], 256),
            ]
        )
        self.conv_sep = ConvBlock(broad, LAST, 1)
        self.features = Embedding(embedding, bias)

    def forward(self, image: Tensor) -> Tensor:
        """Embedding [1,embedding], float32, not normalized, of an aligned face [1,3,112,112]."""
        for layer in self.layers:
            image = layer(image)
        embedding: Tensor = self.features(self.conv_sep(image))
        return embedding
