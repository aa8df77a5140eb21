"""EdgeNeXt with an embedding in place of classes, as torch modules.

Architecture: Maaz et al., "EdgeNeXt: Efficiently Amalgamated CNN-Transformer Architecture for Mobile Vision
Applications" (2022), with the low-rank linear layers of George et al., "EdgeFace: Efficient Face Recognition Model for
Edge Devices" (2023, section III-B). Attribute names are the keys of the public checkpoints.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

EPSILON = 1e-6
KERNELS = (3, 5, 7, 9)
SCALES = (2, 2, 3, 4)
"""Kernel sizes of the convolutions, and numbers of parts that a transposed attention block splits, by stage."""
_WAVES, _TEMPERATURE = 32, 10_000.0
_POSITIONS = 14
"""Rows, and columns, of the stage whose pixels know their position, for an image of 112×112 pixels."""


@dataclass(frozen=True)
class Size:
    """A variant: `rank_ratio` is the rank of its linear layers over their smaller side; 0 means full layers."""

    widths: tuple[int, int, int, int]
    depths: tuple[int, int, int, int]
    heads: int
    rank_ratio: float = 0.0


class LowRank(nn.Module):
    """A linear layer as the product of two: inputs → rank → outputs."""

    def __init__(self, inputs: int, outputs: int, ratio: float) -> None:
        super().__init__()
        rank = max(2, int(min(inputs, outputs) * ratio))
        self.linear1 = nn.Linear(inputs, rank, bias=False)
        self.linear2 = nn.Linear(rank, outputs)

    def forward(self, features: Tensor) -> Tensor:
        """[…,outputs] of […,inputs]."""
        mapped: Tensor = self.linear2(self.linear1(features))
        return mapped


def _linear(inputs: int, outputs: int, ratio: float) -> nn.Module:
    return LowRank(inputs, outputs, ratio) if ratio else nn.Linear(inputs, outputs)


class ChannelNorm(nn.LayerNorm):
    """Layer normalization along the channels of an image [N,C,H,W]."""

    def __init__(self, channels: int) -> None:
        super().__init__(channels, eps=EPSILON)

    def forward(self, features: Tensor) -> Tensor:
        """Same shape."""
        normal: Tensor = super().forward(features.permute(0, 2, 3, 1))
        return normal.permute(0, 3, 1, 2)


class Mlp(nn.Module):
    """Two linear layers with GELU between them, along the last axis; the inner one is four times as wide."""

    def __init__(self, width: int, ratio: float) -> None:
        super().__init__()
        self.fc1 = _linear(width, 4 * width, ratio)
        self.act = nn.GELU()
        self.fc2 = _linear(4 * width, width, ratio)

    def forward(self, features: Tensor) -> Tensor:
        """Same shape."""
        mapped: Tensor = self.fc2(self.act(self.fc1(features)))
        return mapped


class ConvBlock(nn.Module):
    """A depthwise convolution, and an Mlp on each pixel beside a shortcut."""

    def __init__(self, width: int, kernel: int, ratio: float) -> None:
        super().__init__()
        self.conv_dw = nn.Conv2d(width, width, kernel, 1, kernel // 2, groups=width)
        self.norm = nn.LayerNorm(width, eps=EPSILON)
        self.mlp = Mlp(width, ratio)
        self.gamma = nn.Parameter(torch.ones(width))

    def forward(self, features: Tensor) -> Tensor:
        """Same shape: [N,width,H,W]."""
        pixels = self.norm(self.conv_dw(features).permute(0, 2, 3, 1))
        added: Tensor = self.gamma * self.mlp(pixels)
        return features + added.permute(0, 3, 1, 2)


class CrossCovariance(nn.Module):
    """Attention of channels to channels (the paper's XCA): its cost grows linearly with the number of pixels."""

    def __init__(self, width: int, heads: int, ratio: float) -> None:
        super().__init__()
        self.heads = heads
        self.temperature = nn.Parameter(torch.ones(heads, 1, 1))
        self.qkv = _linear(width, 3 * width, ratio)
        self.proj = _linear(width, width, ratio)

    def forward(self, tokens: Tensor) -> Tensor:
        """Same shape: [N,T,width]."""
        n, count, width = tokens.shape
        parts = self.qkv(tokens).reshape(n, count, 3, self.heads, width // self.heads).permute(2, 0, 3, 4, 1)
        q, k = (nn.functional.normalize(part, dim=-1) for part in (parts[0], parts[1]))
        weights = (q @ k.transpose(-2, -1) * self.temperature).softmax(dim=-1)
        mixed: Tensor = self.proj((weights @ parts[2]).permute(0, 3, 1, 2).reshape(n, count, width))
        return mixed


class WavePositions(nn.Module):
    """What a pixel's position adds to its channels: sines and cosines of it, projected."""

    waves: Tensor

    def __init__(self, channels: int, side: int) -> None:
        super().__init__()
        self.token_projection = nn.Conv2d(2 * _WAVES, channels, 1)
        shape = side, side, _WAVES
        grid = np.broadcast_to(_waves(side)[:, None], shape), np.broadcast_to(_waves(side)[None], shape)
        waves = torch.from_numpy(np.concatenate(grid, axis=-1).transpose(2, 0, 1)[None].astype(np.float32))
        self.register_buffer("waves", waves, persistent=False)

    def forward(self, features: Tensor) -> Tensor:
        """Features [N,channels,side,side], with the positions added."""
        placed: Tensor = features + self.token_projection(self.waves)
        return placed


def _waves(size: int) -> NDArray[np.float64]:
    """Sines of even and cosines of odd waves at positions 1 … size, of which the last is 2π: [size,waves]."""
    turns = np.arange(1, size + 1) / (size + EPSILON) * (2 * math.pi)
    angles = turns[:, None] / _TEMPERATURE ** (2.0 * (np.arange(_WAVES) // 2) / _WAVES)
    return np.where(np.arange(_WAVES) % 2, np.cos(angles), np.sin(angles))


class SplitTransposeBlock(nn.Module):
    """Depthwise convolutions of channel groups, each on what came before; channel attention; and an Mlp."""

    def __init__(self, width: int, scales: int, size: Size, *, positions: bool) -> None:
        super().__init__()
        part = math.ceil(width / scales)
        self.convs = nn.ModuleList(nn.Conv2d(part, part, 3, 1, 1, groups=part) for _ in range(scales - 1))
        self.pos_embd = WavePositions(width, _POSITIONS) if positions else None
        self.norm_xca = nn.LayerNorm(width, eps=EPSILON)
        self.gamma_xca = nn.Parameter(torch.ones(width))
        self.xca = CrossCovariance(width, size.heads, size.rank_ratio)
        self.norm = nn.LayerNorm(width, eps=EPSILON)
        self.mlp = Mlp(width, size.rank_ratio)
        self.gamma = nn.Parameter(torch.ones(width))

    def forward(self, features: Tensor) -> Tensor:
        """Same shape: [N,width,H,W]."""
        n, width, rows, columns = features.shape
        image = self._convolved(features)
        if self.pos_embd is not None:
            image = self.pos_embd(image)
        tokens = image.reshape(n, width, rows * columns).permute(0, 2, 1)
        tokens = tokens + self.gamma_xca * self.xca(self.norm_xca(tokens))
        pixels: Tensor = self.gamma * self.mlp(self.norm(tokens.reshape(n, rows, columns, width)))
        return features + pixels.permute(0, 3, 1, 2)

    def _convolved(self, features: Tensor) -> Tensor:
        """The channel groups, of which each but the last is convolved after the one before is added."""
        parts = features.chunk(len(self.convs) + 1, dim=1)
        done: list[Tensor] = []
        for conv, part in zip(self.convs, parts, strict=False):
            done.append(conv(part + done[-1] if done else part))
        return torch.cat([*done, parts[-1]], dim=1)


class Stage(nn.Module):
    """Halves the image, except in the first stage; then blocks, of which the last attends, except in the first."""

    def __init__(self, index: int, size: Size) -> None:
        super().__init__()
        width, depth = size.widths[index], size.depths[index]
        self.downsample: nn.Module = nn.Identity()
        blocks: list[nn.Module] = [ConvBlock(width, KERNELS[index], size.rank_ratio) for _ in range(depth)]
        if index:
            before = size.widths[index - 1]
            self.downsample = nn.Sequential(ChannelNorm(before), nn.Conv2d(before, width, 2, 2))
            blocks[-1] = SplitTransposeBlock(width, SCALES[index], size, positions=index == 1)
        self.blocks = nn.Sequential(*blocks)

    def forward(self, features: Tensor) -> Tensor:
        """[N,width,H/2,W/2], or [N,width,H,W] in the first stage."""
        made: Tensor = self.blocks(self.downsample(features))
        return made


class EdgeNeXt(nn.Module):
    """The backbone with its head; see `EdgeFace`, under whose attribute `model` the checkpoints keep it."""

    def __init__(self, size: Size, embedding: int) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, size.widths[0], 4, 4), ChannelNorm(size.widths[0]))
        self.stages = nn.Sequential(*(Stage(index, size) for index in range(4)))
        head: list[tuple[str, nn.Module]] = [
            ("global_pool", nn.AdaptiveAvgPool2d(1)),
            ("norm", ChannelNorm(size.widths[-1])),
            ("flatten", nn.Flatten(1)),
            ("fc", _linear(size.widths[-1], embedding, size.rank_ratio)),
        ]
        self.head = nn.Sequential(OrderedDict(head))

    def forward(self, image: Tensor) -> Tensor:
        """Embedding [N,embedding], not normalized, of [N,3,H,W]."""
        embedding: Tensor = self.head(self.stages(self.stem(image)))
        return embedding


class EdgeFace(nn.Module):
    """The complete recognizer for 112×112 pixels."""

    def __init__(self, size: Size, embedding: int = 512) -> None:
        super().__init__()
        self.model = EdgeNeXt(size, embedding)

    def forward(self, image: Tensor) -> Tensor:
        """Embedding [1,embedding], float32, not normalized, of an aligned face [1,3,112,112]."""
        embedding: Tensor = self.model(image)
        return embedding
