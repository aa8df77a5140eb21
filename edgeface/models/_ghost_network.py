"""GhostFaceNet V1 and V2, as torch modules.

Architecture: GhostFaceNets (Alansari et al., IEEE Access 2023) from GhostNet (Han et al., CVPR 2020) and GhostNetV2
(Tang et al., NeurIPS 2022): ghost modules with PReLU, in V2 with the attention along rows and columns (DFC) from the
third block on, and a global depthwise convolution before the embedding. Its trainings are Keras models; attribute names
are those of huawei-noah's GhostNet in PyTorch for the blocks, and `gdc` for the embedding.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

EMBEDDING = 512
WIDTH = 1.3
"""Width multiplier of the published models."""

_SE = 0.25
_ORIGINAL = 2  # blocks of V2 without attention

# kernel, inner channels, output channels, squeeze-and-excitation, stride
_BLOCKS = (
    (3, 16, 16, False, 1),
    (3, 48, 24, False, 2),
    (3, 72, 24, False, 1),
    (5, 72, 40, True, 2),
    (5, 120, 40, True, 1),
    (3, 240, 80, False, 2),
    (3, 200, 80, False, 1),
    (3, 184, 80, False, 1),
    (3, 184, 80, False, 1),
    (3, 480, 112, True, 1),
    (3, 672, 112, True, 1),
    (5, 672, 160, True, 2),
    (5, 960, 160, False, 1),
    (5, 960, 160, True, 1),
    (5, 960, 160, False, 1),
)
_LAST = {1: (5, 512, 160, True, 1), 2: (5, 960, 160, True, 1)}
"""The last block of each version."""


def _divisible(value: float) -> int:
    """The nearest multiple of 4, at most a tenth less."""
    nearest = max(4, int(value + 2) // 4 * 4)
    return nearest + 4 if nearest < 0.9 * value else nearest


def _conv(
    inputs: int, outputs: int, kernel: int | tuple[int, int] = 1, stride: int = 1, groups: int = 1
) -> list[nn.Module]:
    sides = (kernel, kernel) if isinstance(kernel, int) else kernel
    padding = (sides[0] // 2, sides[1] // 2)
    return [nn.Conv2d(inputs, outputs, sides, stride, padding, groups=groups, bias=False), nn.BatchNorm2d(outputs)]


class SqueezeExcite(nn.Module):
    """Each channel times a hard sigmoid of what two layers compute from all channels' means."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        inner = _divisible(channels * _SE)
        self.conv_reduce, self.conv_expand = nn.Conv2d(channels, inner, 1), nn.Conv2d(inner, channels, 1)
        self.act1, self.gate = nn.ReLU(), nn.Hardsigmoid()

    def forward(self, features: Tensor) -> Tensor:
        """A map of the same shape."""
        means = functional.adaptive_avg_pool2d(features, 1)
        gated: Tensor = features * self.gate(self.conv_expand(self.act1(self.conv_reduce(means))))
        return gated


class GhostModule(nn.Module):
    """Half of the channels by a 1×1 convolution, the others by a depthwise one of these.

    Args:
        inputs: channels.
        outputs: channels, even.
        act: whether PReLU follows both halves.
        attention: whether a gate multiplies them, computed at half the size along rows and columns.
    """

    def __init__(self, inputs: int, outputs: int, act: bool, attention: bool = False) -> None:
        super().__init__()
        half = outputs // 2

        def activated(layers: list[nn.Module]) -> nn.Sequential:
            return nn.Sequential(*layers, *([nn.PReLU(half)] if act else []))

        self.primary_conv = activated(_conv(inputs, half))
        self.cheap_operation = activated(_conv(half, half, 3, groups=half))
        self.short_conv: nn.Sequential | None = None
        if attention:
            along = [*_conv(outputs, outputs, (1, 5), groups=outputs), *_conv(outputs, outputs, (5, 1), groups=outputs)]
            self.short_conv = nn.Sequential(*_conv(inputs, outputs), *along)

    def forward(self, features: Tensor) -> Tensor:
        """A map of `outputs` channels, of the same size."""
        first = self.primary_conv(features)
        joined = torch.cat([first, self.cheap_operation(first)], dim=1)
        if self.short_conv is None:
            return joined
        gate = self.short_conv(functional.avg_pool2d(features, 2, 2)).sigmoid()
        return joined * functional.interpolate(gate, size=[int(side) for side in joined.shape[2:]], mode="nearest")


class GhostBottleneck(nn.Module):
    """A ghost module that widens, one that narrows, and a shortcut, which is projected where shapes change."""

    def __init__(self, inputs: int, block: tuple[int, int, int, bool, int], attention: bool) -> None:
        super().__init__()
        kernel, inner, outputs, se, stride = block
        self.ghost1 = GhostModule(inputs, inner, act=True, attention=attention)
        self.conv_dw: nn.Module = nn.Identity()
        self.bn_dw: nn.Module = nn.Identity()
        if stride > 1:
            self.conv_dw, self.bn_dw = _conv(inner, inner, kernel, stride, inner)
        self.se: nn.Module = SqueezeExcite(inner) if se else nn.Identity()
        self.ghost2 = GhostModule(inner, outputs, act=False)
        self.shortcut = nn.Sequential()
        if stride > 1 or inputs != outputs:
            depthwise = _conv(inputs, inputs, kernel, stride, inputs)
            self.shortcut = nn.Sequential(*depthwise, *_conv(inputs, outputs))

    def forward(self, features: Tensor) -> Tensor:
        """A map of `outputs` channels, of ⌈size/stride⌉."""
        mapped = self.se(self.bn_dw(self.conv_dw(self.ghost1(features))))
        joined: Tensor = self.ghost2(mapped) + self.shortcut(features)
        return joined


class GhostFaceNet(nn.Module):
    """The complete recognizer for 112×112 pixels.

    Args:
        version: 1 or 2.
        stride: of the first convolution, 1 or 2.
    """

    def __init__(self, version: int, stride: int) -> None:
        super().__init__()
        channels = _divisible(16 * WIDTH)
        self.conv_stem, self.bn1 = _conv(3, channels, 3, stride)
        self.act1 = nn.PReLU(channels)
        blocks = []
        for number, (kernel, inner, outputs, se, step) in enumerate((*_BLOCKS, _LAST[version])):
            scaled = (kernel, _divisible(inner * WIDTH), _divisible(outputs * WIDTH), se, step)
            blocks.append(GhostBottleneck(channels, scaled, version == 2 and number >= _ORIGINAL))
            channels = scaled[2]
        self.blocks = nn.Sequential(*blocks)
        wide, side = _divisible(_LAST[version][1] * WIDTH), 7 if stride == 1 else 4
        self.conv_head = nn.Sequential(*_conv(channels, wide), nn.PReLU(wide))
        pool = nn.Conv2d(wide, wide, side, groups=wide, bias=False)
        reduce = nn.Conv2d(wide, EMBEDDING, 1, bias=False)
        self.gdc = nn.Sequential(pool, nn.BatchNorm2d(wide), reduce, nn.Flatten(), nn.BatchNorm1d(EMBEDDING))

    def forward(self, image: Tensor) -> Tensor:
        """Embedding [1,512], float32, not normalized, of an aligned face [1,3,112,112]."""
        features = self.blocks(self.act1(self.bn1(self.conv_stem(image))))
        embedding: Tensor = self.gdc(self.conv_head(features))
        return embedding
