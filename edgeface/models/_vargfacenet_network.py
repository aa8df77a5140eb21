"""VarGFaceNet, as torch modules.

Architecture: VarGFaceNet (Yan et al., ICCVW 2019, arXiv 1910.04985) as deepinsight/insightface defines it in
`recognition/arcface_mxnet/symbol/vargfacenet.py`: convolutions with 8 input channels per group instead of depthwise
ones. Squeeze-and-excitation, described in the paper, is off there by default and in the published 1022 M FLOPs and
19.997 MB; the fully connected layer has a bias. It was trained in MXNet, so the attribute names are edgeface's own.
"""

from __future__ import annotations

from torch import Tensor, nn

GROUP = 8
"""Input channels per group."""

WIDTHS = (32, 64, 128, 256)
UNITS = (3, 7, 4)
LAST = 1024
EPSILON = 2e-5


def _conv(
    inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1, padding: int = 0
) -> list[nn.Module]:
    convolution = nn.Conv2d(inputs, outputs, kernel, stride, padding, groups=groups, bias=False)
    return [convolution, nn.BatchNorm2d(outputs, eps=EPSILON)]


def _separable(inputs: int, outputs: int, stride: int = 1, factor: int = 2, act: bool = False) -> nn.Sequential:
    wide = inputs * factor
    grouped = _conv(inputs, wide, 3, stride, inputs // GROUP, padding=1)
    layers = [*grouped, nn.PReLU(wide), *_conv(wide, outputs, 1)]
    return nn.Sequential(*layers, nn.PReLU(outputs)) if act else nn.Sequential(*layers)


class Block(nn.Module):
    """Two separable convolutions and a shortcut, which a third one projects at stride 2."""

    def __init__(self, inputs: int, outputs: int, stride: int = 1, factor: int = 2) -> None:
        super().__init__()
        self.shortcut = nn.Identity() if stride == 1 else _separable(inputs, outputs, stride, factor)
        self.sep1 = _separable(inputs, outputs, stride, factor, act=True)
        self.sep2 = _separable(outputs, outputs, 1, factor)
        self.act = nn.PReLU(outputs)

    def forward(self, features: Tensor) -> Tensor:
        """A map [1,outputs,⌈h/stride⌉,⌈w/stride⌉] of a map [1,inputs,h,w]."""
        mapped: Tensor = self.act(self.sep2(self.sep1(features)) + self.shortcut(features))
        return mapped


class Downsampling(nn.Module):
    """A block of stride 2 whose first convolution is the sum of two."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.shortcut, self.branch1, self.branch2 = (_separable(inputs, outputs, 2) for _ in range(3))
        self.act1 = nn.PReLU(outputs)
        self.sep2 = _separable(outputs, outputs)
        self.act2 = nn.PReLU(outputs)

    def forward(self, features: Tensor) -> Tensor:
        """A map [1,outputs,⌈h/2⌉,⌈w/2⌉] of a map [1,inputs,h,w]."""
        merged = self.act1(self.branch1(features) + self.branch2(features))
        mapped: Tensor = self.act2(self.sep2(merged) + self.shortcut(features))
        return mapped


class Embedding(nn.Module):
    """Expansion to 1024 channels, global group convolution, reduction by half, fully connected layer."""

    def __init__(self, inputs: int, size: int) -> None:
        super().__init__()
        self.widen = nn.Sequential(*_conv(inputs, LAST, 1), nn.PReLU(LAST))
        self.pool = nn.Sequential(*_conv(LAST, LAST, 7, groups=LAST // GROUP))
        self.halve = nn.Sequential(*_conv(LAST, LAST // 2, 1), nn.PReLU(LAST // 2))
        self.fc = nn.Linear(LAST // 2, size)
        self.bn = nn.BatchNorm1d(size, eps=EPSILON)

    def forward(self, features: Tensor) -> Tensor:
        """Embedding [1,size] of a map [1,inputs,7,7]."""
        embedding: Tensor = self.bn(self.fc(self.halve(self.pool(self.widen(features))).flatten(1)))
        return embedding


class VarGFaceNet(nn.Module):
    """The complete recognizer for 112×112 pixels.

    Args:
        embedding: size of the embedding.
        multiplier: width multiplier.
    """

    def __init__(self, embedding: int = 512, multiplier: float = 1.25) -> None:
        super().__init__()
        widths = [int(width * multiplier) for width in WIDTHS]
        self.conv = nn.Sequential(*_conv(3, widths[0], 3, padding=1), nn.PReLU(widths[0]))
        self.head = Block(widths[0], widths[0], stride=2, factor=1)
        for number, units in enumerate(UNITS, 2):
            inputs, outputs = widths[number - 2 : number]
            rest = (Block(outputs, outputs) for _ in range(units - 1))
            self.add_module(f"stage{number}", nn.Sequential(Downsampling(inputs, outputs), *rest))
        self.embedding = Embedding(widths[-1], embedding)

    def forward(self, image: Tensor) -> Tensor:
        """Embedding [1,embedding], float32, not normalized, of an aligned face [1,3,112,112]."""
        for layer in self.children():
            image = layer(image)
        return image
