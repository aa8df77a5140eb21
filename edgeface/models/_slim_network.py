"""The slim and RFB face detectors with five landmarks, as torch modules.

Attribute names are those of biubug6/Face-Detector-1MB-with-landmark, since they are the checkpoints' keys.
Architecture: a MobileNet-V1-like backbone (Howard et al., 2017) with SSD heads (Liu et al., ECCV 2016) at four strides,
all but the last separable; RFB has a receptive field block (Liu et al., ECCV 2018) in place of the eighth convolution.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

# Output channels and strides of the second to the seventh, and of the ninth to the thirteenth convolution.
_FIRST = ((32, 1), (32, 2), (32, 1), (64, 2), (64, 1), (64, 1))
_LAST = ((128, 2), (128, 1), (128, 1), (256, 2), (256, 1))
_SOURCES = ("conv8", "conv11", "conv13", "conv14")
_WIDTHS = (64, 128, 256, 256)
ANCHORS = (3, 2, 2, 3)
"""Anchors per cell at the strides 8, 16, 32 and 64."""


def _conv(inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1) -> list[nn.Module]:
    convolution = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False)
    return [convolution, nn.BatchNorm2d(outputs), nn.ReLU()]


def _separable(inputs: int, outputs: int, stride: int) -> nn.Sequential:
    return nn.Sequential(*_conv(inputs, inputs, 3, stride, inputs), *_conv(inputs, outputs, 1))


def _unnormalized(inputs: int, outputs: int, stride: int = 1) -> nn.Sequential:
    """A separable convolution with biases instead of batch norms, and no activation at its end."""
    depthwise = nn.Conv2d(inputs, inputs, 3, stride, 1, groups=inputs)
    return nn.Sequential(depthwise, nn.ReLU(), nn.Conv2d(inputs, outputs, 1))


class _Block(nn.Module):
    """Convolution, batch norm, and ReLU unless `linear`."""

    def __init__(self, inputs: int, outputs: int, kernel: int, *, dilation: int = 1, linear: bool = False) -> None:
        super().__init__()
        padding = dilation * (kernel // 2)
        self.conv = nn.Conv2d(inputs, outputs, kernel, 1, padding, dilation, bias=False)
        self.bn = nn.BatchNorm2d(outputs)
        self.relu = nn.Identity() if linear else nn.ReLU()

    def forward(self, features: Tensor) -> Tensor:
        mapped: Tensor = self.relu(self.bn(self.conv(features)))
        return mapped


class ReceptiveFieldBlock(nn.Module):
    """Three branches of dilations 2, 3 and 5, joined, and a shortcut."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        narrow, wide = channels // 8, channels // 4
        middle = (narrow + wide) // 2
        for number, dilation in enumerate((2, 3)):
            layers = (_Block(channels, narrow, 1, linear=True), _Block(narrow, wide, 3))
            self.add_module(f"branch{number}", nn.Sequential(*layers, self._dilated(wide, dilation)))
        layers = (_Block(channels, narrow, 1, linear=True), _Block(narrow, middle, 3))
        self.branch2 = nn.Sequential(*layers, _Block(middle, wide, 3), self._dilated(wide, 5))
        self.ConvLinear = _Block(3 * wide, channels, 1, linear=True)
        self.shortcut = _Block(channels, channels, 1, linear=True)
        self.relu = nn.ReLU()

    @staticmethod
    def _dilated(channels: int, dilation: int) -> _Block:
        return _Block(channels, channels, 3, dilation=dilation, linear=True)

    def forward(self, features: Tensor) -> Tensor:
        """A map of the same shape."""
        branches = [self.get_submodule(f"branch{number}")(features) for number in range(3)]
        joined: Tensor = self.relu(self.ConvLinear(torch.cat(branches, dim=1)) + self.shortcut(features))
        return joined


def _heads(values: int) -> nn.Sequential:
    """A head of `values` numbers per anchor for each of the four maps."""
    *separable, last = zip(_WIDTHS, ANCHORS, strict=True)
    heads = [_unnormalized(width, count * values) for width, count in separable]
    return nn.Sequential(*heads, nn.Conv2d(last[0], last[1] * values, 3, 1, 1))


class Slim(nn.Module):
    """The complete detector for one image; any input size.

    Args:
        rfb: whether the eighth convolution is a receptive field block.
    """

    def __init__(self, rfb: bool) -> None:
        super().__init__()
        self.conv1 = nn.Sequential(*_conv(3, 16, 3, 2))
        width = 16
        for number, (outputs, stride) in enumerate(_FIRST, 2):
            self.add_module(f"conv{number}", _separable(width, outputs, stride))
            width = outputs
        self.conv8 = ReceptiveFieldBlock(width) if rfb else _separable(width, width, 1)
        for number, (outputs, stride) in enumerate(_LAST, 9):
            self.add_module(f"conv{number}", _separable(width, outputs, stride))
            width = outputs
        self.conv14 = nn.Sequential(nn.Conv2d(width, 64, 1), nn.ReLU(), _unnormalized(64, width, 2), nn.ReLU())
        self.loc, self.conf, self.landm = _heads(4), _heads(2), _heads(10)

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Boxes [1,N,4], scores [1,N,2] (not a face, face) and landmarks [1,N,10] of an image [1,3,H,W].

        All float32; boxes and landmarks are offsets from the priors in units of the variances.
        """
        maps = []
        for number in range(1, 15):
            image = self.get_submodule(f"conv{number}")(image)
            if f"conv{number}" in _SOURCES:
                maps.append(image)
        boxes, logits, landmarks = (
            torch.cat([_flat(head(m), values) for head, m in zip(heads, maps, strict=True)], dim=1)
            for heads, values in ((self.loc, 4), (self.conf, 2), (self.landm, 10))
        )
        return boxes, torch.softmax(logits, dim=-1), landmarks


def _flat(values: Tensor, count: int) -> Tensor:
    """[1, h·w·anchors, count] in the order row, column, anchor."""
    return values.permute(0, 2, 3, 1).reshape(1, -1, count)
