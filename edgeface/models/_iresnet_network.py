"""IResNet-18, -34, -50 and -100, as torch modules.

Architecture: the improved residual unit of ArcFace (Deng et al., CVPR 2019) as defined in deepinsight/insightface
`recognition/arcface_torch/backbones/iresnet.py`. Attribute names are those of that file, since they are the
checkpoints' keys.
"""

from __future__ import annotations

from torch import Tensor, nn

WIDTHS = (64, 128, 256, 512)
BLOCKS = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3), 50: (3, 4, 14, 3), 100: (3, 13, 30, 3)}
"""Blocks in each of the four stages, by depth."""


def _conv(inputs: int, outputs: int, kernel: int, stride: int = 1) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False)


class ResidualBlock(nn.Module):
    """Batch norm, two 3×3 convolutions and a shortcut, which is projected at stride 2."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.bn1 = nn.BatchNorm2d(inputs)
        self.conv1 = _conv(inputs, outputs, 3)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.prelu = nn.PReLU(outputs)
        self.conv2 = _conv(outputs, outputs, 3, stride)
        self.bn3 = nn.BatchNorm2d(outputs)
        self.downsample: nn.Module | None = None
        if stride != 1:
            self.downsample = nn.Sequential(_conv(inputs, outputs, 1, stride), nn.BatchNorm2d(outputs))

    def forward(self, features: Tensor) -> Tensor:
        """A map [1,outputs,⌈h/stride⌉,⌈w/stride⌉] of a map [1,inputs,h,w]."""
        mapped: Tensor = self.prelu(self.bn2(self.conv1(self.bn1(features))))
        mapped = self.bn3(self.conv2(mapped))
        return mapped + (features if self.downsample is None else self.downsample(features))


def _stage(inputs: int, outputs: int, blocks: int) -> nn.Sequential:
    rest = (ResidualBlock(outputs, outputs, 1) for _ in range(blocks - 1))
    return nn.Sequential(ResidualBlock(inputs, outputs, 2), *rest)


class IResNet(nn.Module):
    """The complete recognizer for 112×112 pixels.

    Args:
        depth: 18, 34, 50 or 100.
        embedding: size of the embedding.
    """

    def __init__(self, depth: int, embedding: int = 512) -> None:
        super().__init__()
        blocks = BLOCKS[depth]
        self.conv1 = _conv(3, WIDTHS[0], 3)
        self.bn1 = nn.BatchNorm2d(WIDTHS[0])
        self.prelu = nn.PReLU(WIDTHS[0])
        self.layer1 = _stage(WIDTHS[0], WIDTHS[0], blocks[0])
        self.layer2 = _stage(WIDTHS[0], WIDTHS[1], blocks[1])
        self.layer3 = _stage(WIDTHS[1], WIDTHS[2], blocks[2])
        self.layer4 = _stage(WIDTHS[2], WIDTHS[3], blocks[3])
        self.bn2 = nn.BatchNorm2d(WIDTHS[3])
        self.fc = nn.Linear(WIDTHS[3] * 7 * 7, embedding)
        self.features = nn.BatchNorm1d(embedding)

    def forward(self, image: Tensor) -> Tensor:
        """Embedding [1,embedding], float32, not normalized, of an aligned face [1,3,112,112]."""
        features: Tensor = self.prelu(self.bn1(self.conv1(image)))
        for stage in (self.layer1, self.layer2, self.layer3, self.layer4):
            features = stage(features)
        embedding: Tensor = self.features(self.fc(self.bn2(features).flatten(1)))
        return embedding
