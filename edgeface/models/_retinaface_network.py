"""RetinaFace with FPN and SSH on a MobileNet-V1 ×0.25 or another body, as torch modules.

Attribute names are those of the public PyTorch trainings, since they are the checkpoints' keys. Architecture:
RetinaFace (Deng et al., CVPR 2020), SSH (Najibi et al., ICCV 2017), FPN (Lin et al., CVPR 2017), MobileNet (Howard et
al., 2017). Public trainings use their leaky slope in FPN and SSH where these have at most 64 channels.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

CHANNELS = 64
STAGES = ((8, 16, 32, 32, 64, 64), (128, 128, 128, 128, 128, 128), (256, 256))
WIDTHS = tuple(widths[-1] for widths in STAGES)
STAGE_STRIDES = ((2, 1, 2, 1, 2, 1), (2, 1, 1, 1, 1, 1), (2, 1))


def _act(slope: float) -> nn.Module:
    return nn.LeakyReLU(slope) if slope else nn.ReLU()


def _conv(inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1) -> list[nn.Module]:
    convolution = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False)
    return [convolution, nn.BatchNorm2d(outputs)]


def _conv_act(inputs: int, outputs: int, kernel: int, slope: float, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(*_conv(inputs, outputs, kernel, stride), _act(slope))


def _separable(inputs: int, outputs: int, stride: int, slope: float) -> nn.Sequential:
    depthwise = _conv(inputs, inputs, 3, stride, groups=inputs)
    return nn.Sequential(*depthwise, _act(slope), *_conv(inputs, outputs, 1), _act(slope))


class Backbone(nn.Module):
    """MobileNet-V1 ×0.25 up to its last stage: three maps with strides 8, 16 and 32."""

    def __init__(self, slope: float) -> None:
        super().__init__()
        width = 3
        for number, (widths, strides) in enumerate(zip(STAGES, STAGE_STRIDES, strict=True), 1):
            blocks: list[nn.Module] = []
            for outputs, stride in zip(widths, strides, strict=True):
                first = width == 3
                blocks.append(
                    _conv_act(width, outputs, 3, slope, stride) if first else _separable(width, outputs, stride, slope)
                )
                width = outputs
            self.add_module(f"stage{number}", nn.Sequential(*blocks))

    def forward(self, image: Tensor) -> list[Tensor]:
        """Maps [1,64,⌈H/8⌉,⌈W/8⌉], [1,128,⌈H/16⌉,⌈W/16⌉], [1,256,⌈H/32⌉,⌈W/32⌉] of an image [1,3,H,W]."""
        maps = []
        for stage in self.children():
            image = stage(image)
            maps.append(image)
        return maps


class FeaturePyramid(nn.Module):
    """Top-down pyramid; each map is upsampled to the explicit size of the next finer one."""

    def __init__(self, slope: float, widths: Sequence[int] = WIDTHS, channels: int = CHANNELS) -> None:
        super().__init__()
        for number, width in enumerate(widths, 1):
            self.add_module(f"output{number}", _conv_act(width, channels, 1, slope))
        self.merge1 = _conv_act(channels, channels, 3, slope)
        self.merge2 = _conv_act(channels, channels, 3, slope)

    def forward(self, maps: Sequence[Tensor]) -> list[Tensor]:
        """Three maps of `channels` channels, with the sizes of the three inputs."""
        fine, middle, coarse = (self.get_submodule(f"output{i}")(m) for i, m in enumerate(maps, 1))
        middle = self.merge2(middle + _enlarge(coarse, middle))
        fine = self.merge1(fine + _enlarge(middle, fine))
        return [fine, middle, coarse]


def _enlarge(coarse: Tensor, fine: Tensor) -> Tensor:
    return functional.interpolate(coarse, size=list(fine.shape[2:]), mode="nearest")


class ContextModule(nn.Module):
    """SSH context: branches with receptive fields of 3×3, 5×5 and 7×7 pixels, concatenated, then ReLU."""

    def __init__(self, slope: float, channels: int = CHANNELS) -> None:
        super().__init__()
        half, quarter = channels // 2, channels // 4
        self.conv3X3 = nn.Sequential(*_conv(channels, half, 3))
        self.conv5X5_1 = _conv_act(channels, quarter, 3, slope)
        self.conv5X5_2 = nn.Sequential(*_conv(quarter, quarter, 3))
        self.conv7X7_2 = _conv_act(quarter, quarter, 3, slope)
        self.conv7x7_3 = nn.Sequential(*_conv(quarter, quarter, 3))

    def forward(self, features: Tensor) -> Tensor:
        """A map of the same shape."""
        shared = self.conv5X5_1(features)
        branches = [self.conv3X3(features), self.conv5X5_2(shared), self.conv7x7_3(self.conv7X7_2(shared))]
        return functional.relu(torch.cat(branches, dim=1))


class Head(nn.Module):
    """A 1×1 convolution with `values` numbers for each of the `anchors` anchors of a cell."""

    def __init__(self, anchors: int, values: int, channels: int = CHANNELS) -> None:
        super().__init__()
        self.values = values
        self.conv1x1 = nn.Conv2d(channels, anchors * values, 1)

    def forward(self, features: Tensor) -> Tensor:
        """[1, h·w·anchors, values] in the order row, column, anchor."""
        values: Tensor = self.conv1x1(features)
        return values.permute(0, 2, 3, 1).reshape(1, -1, self.values)


class RetinaFace(nn.Module):
    """The complete detector for one image; any input size.

    Args:
        anchors: anchors per cell, the same at the three strides.
        slope: negative slope of the activations; 0 means ReLU.
        body: gives maps of the strides 8, 16 and 32; by default MobileNet-V1 ×0.25.
        widths: the channels of these maps.
        channels: of the pyramid's maps.
    """

    def __init__(
        self,
        anchors: int,
        slope: float,
        body: nn.Module | None = None,
        widths: Sequence[int] = WIDTHS,
        channels: int = CHANNELS,
    ) -> None:
        super().__init__()
        self.body = Backbone(slope) if body is None else body
        self.fpn = FeaturePyramid(slope, widths, channels)
        self.ssh1, self.ssh2, self.ssh3 = (ContextModule(slope, channels) for _ in range(3))
        self.ClassHead = nn.ModuleList(Head(anchors, 2, channels) for _ in range(3))
        self.BboxHead = nn.ModuleList(Head(anchors, 4, channels) for _ in range(3))
        self.LandmarkHead = nn.ModuleList(Head(anchors, 10, channels) for _ in range(3))

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Boxes [1,N,4], scores [1,N,2] (not a face, face) and landmarks [1,N,10] of an image [1,3,H,W].

        All float32; boxes and landmarks are offsets from the priors in units of the variances.
        """
        maps = self.fpn(self.body(image))
        contexts = [ssh(m) for ssh, m in zip((self.ssh1, self.ssh2, self.ssh3), maps, strict=True)]
        boxes, logits, landmarks = (
            torch.cat([head(m) for head, m in zip(heads, contexts, strict=True)], dim=1)
            for heads in (self.BboxHead, self.ClassHead, self.LandmarkHead)
        )
        return boxes, torch.softmax(logits, dim=-1), landmarks
