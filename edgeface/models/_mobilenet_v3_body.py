"""MobileNetV3-small without its classifier, as torch modules: a body that gives maps of the strides 8, 16 and 32.

Architecture: Howard et al., "Searching for MobileNetV3" (ICCV 2019), table 2. Attribute names are torchvision's,
numbers of `features`, with `IntermediateLayerGetter`; the maps are those of layers 3, 8 and 12.
"""

from __future__ import annotations

from torch import Tensor, nn

WIDTHS = (24, 48, 576)
"""Channels of the maps."""

_TAKEN = ("3", "8", "12")
_EPSILON = 1e-3

# kernel, inner channels, output channels, squeeze-and-excitation, h-swish, stride
_BLOCKS = (
    (3, 16, 16, True, False, 2),
    (3, 72, 24, False, False, 2),
    (3, 88, 24, False, False, 1),
    (5, 96, 40, True, True, 2),
    (5, 240, 40, True, True, 1),
    (5, 240, 40, True, True, 1),
    (5, 120, 48, True, True, 1),
    (5, 144, 48, True, True, 1),
    (5, 288, 96, True, True, 2),
    (5, 576, 96, True, True, 1),
    (5, 576, 96, True, True, 1),
)


def _conv(
    inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1, act: nn.Module | None = None
) -> nn.Sequential:
    convolution = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False)
    layers = [convolution, nn.BatchNorm2d(outputs, eps=_EPSILON)]
    return nn.Sequential(*layers, *([act] if act is not None else []))


class _Gate(nn.Module):
    """Squeeze-and-excitation: each channel times a hard sigmoid of what two layers compute from all channels' means."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        inner = _rounded(channels // 4)
        self.fc1, self.fc2 = nn.Conv2d(channels, inner, 1), nn.Conv2d(inner, channels, 1)
        self.relu, self.gate = nn.ReLU(), nn.Hardsigmoid()

    def forward(self, features: Tensor) -> Tensor:
        means = nn.functional.adaptive_avg_pool2d(features, 1)
        gated: Tensor = features * self.gate(self.fc2(self.relu(self.fc1(means))))
        return gated


def _rounded(channels: int) -> int:
    """The nearest multiple of 8, at most a tenth less."""
    nearest = max(8, (channels + 4) // 8 * 8)
    return nearest + 8 if nearest < 0.9 * channels else nearest


class _Block(nn.Module):
    """Expand, depthwise, squeeze-and-excitation, project; the input is added where shapes allow."""

    def __init__(self, inputs: int, block: tuple[int, int, int, bool, bool, int]) -> None:
        super().__init__()
        kernel, inner, outputs, se, hswish, stride = block
        act: type[nn.Module] = nn.Hardswish if hswish else nn.ReLU
        self.residual = stride == 1 and inputs == outputs
        layers: list[nn.Module] = [_conv(inputs, inner, 1, act=act())] if inner != inputs else []
        layers.append(_conv(inner, inner, kernel, stride, inner, act()))
        layers += [_Gate(inner)] if se else []
        self.block = nn.Sequential(*layers, _conv(inner, outputs, 1))

    def forward(self, features: Tensor) -> Tensor:
        mapped: Tensor = self.block(features)
        return features + mapped if self.residual else mapped


class MobileNetV3Body(nn.Module):
    """The body for one image."""

    def __init__(self) -> None:
        super().__init__()
        self.add_module("0", _conv(3, 16, 3, 2, act=nn.Hardswish()))
        width = 16
        for number, block in enumerate(_BLOCKS, 1):
            self.add_module(str(number), _Block(width, block))
            width = block[2]
        self.add_module("12", _conv(width, 6 * width, 1, act=nn.Hardswish()))

    def forward(self, image: Tensor) -> list[Tensor]:
        """Maps [1,24,⌈H/8⌉,⌈W/8⌉], [1,48,⌈H/16⌉,⌈W/16⌉] and [1,576,⌈H/32⌉,⌈W/32⌉] of an image [1,3,H,W]."""
        maps = []
        for name, layer in self.named_children():
            image = layer(image)
            if name in _TAKEN:
                maps.append(image)
        return maps
