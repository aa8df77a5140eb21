"""The work of a layer, in the terms of the LFR challenge's counting script.

Convention (ICCV 2019 LFR, deepinsight/insightface `recognition/arcface_mxnet/common/flops_counter.py`): only
convolution and fully connected layers count, one multiply–accumulate is two FLOPs, and a layer without a bias saves one
addition per output. Batch norm, activations, pooling, elementwise ops, softmax and products of two computed tensors are
free.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

Bias = Literal["none", "own", "folded"]
"""none; own: part of the network's definition; folded: from folded batch norm."""

Role = Literal[
    "view",  # other names or shape for the same bytes: reshape, flatten, squeeze, identity, dropout
    "permute",  # transposes, space to depth, channel shuffles
    "batch_norm",
    "activation",  # one input, elementwise: relu, prelu, sigmoid, clip, hard swish
    "elementwise",  # add, mul and the like
    "join",  # concatenation
    "split",  # slice, split, gather
    "pool",
    "global_pool",  # also a mean over the whole map
    "resize",
    "pad",
    "softmax",
    "normalize",  # layer norm, L2 norm
    "quantize",  # quantize, dequantize, cast
    "reduce",
    "other",
]


@dataclass(frozen=True)
class Convolution:
    """A convolution. Channels are those of the whole input and output, over all groups.

    `taps` = kernel height × width; `positions` = batch × output pixels.
    """

    in_channels: int
    out_channels: int
    taps: int
    groups: int
    positions: int
    bias: Bias = "none"

    @property
    def width(self) -> int:
        """Output channels."""
        return self.out_channels

    @property
    def outputs(self) -> int:
        """Number of output elements."""
        return self.positions * self.out_channels

    @property
    def macs(self) -> int:
        """Multiply–accumulates."""
        return self.in_channels * self.taps * self.outputs // self.groups

    @property
    def lfr_flops(self) -> int:
        """FLOPs by the challenge's script, which also divides the saved addition by the groups."""
        per_output = 2 * self.in_channels * self.taps - (0 if self.bias == "own" else 1)
        return per_output * self.outputs // self.groups

    def as_if(self, bias: Bias) -> Convolution:
        """The same work with another origin of the bias."""
        return replace(self, bias=bias)


@dataclass(frozen=True)
class Dense:
    """A fully connected layer with constant weights, applied to `rows` vectors."""

    in_features: int
    out_features: int
    rows: int = 1
    bias: Bias = "none"

    @property
    def width(self) -> int:
        """Output features."""
        return self.out_features

    @property
    def outputs(self) -> int:
        """Number of output elements."""
        return self.rows * self.out_features

    @property
    def macs(self) -> int:
        """Multiply–accumulates."""
        return self.in_features * self.outputs

    @property
    def lfr_flops(self) -> int:
        """FLOPs by the challenge's script."""
        return 2 * self.macs - (0 if self.bias == "own" else self.outputs)

    def as_if(self, bias: Bias) -> Dense:
        """The same work with another origin of the bias."""
        return replace(self, bias=bias)


@dataclass(frozen=True)
class Deconvolution:
    """A transposed convolution. `positions` = batch × *input* pixels, each of which uses every tap.

    The challenge's script does not support it, and its rules say to add it by hand: 2 FLOPs per multiply–accumulate, as
    for a convolution with a bias.
    """

    in_channels: int
    out_channels: int
    taps: int
    groups: int
    positions: int
    bias: Bias = "none"

    @property
    def macs(self) -> int:
        """Multiply–accumulates."""
        return self.in_channels * self.taps * self.positions * self.out_channels // self.groups

    @property
    def lfr_flops(self) -> int:
        """FLOPs to be added by hand."""
        return 2 * self.macs


@dataclass(frozen=True)
class MatrixProduct:
    """A product of two computed tensors, as in attention: MACs, but not FLOPs by the challenge's rules."""

    macs: int
    lfr_flops: Literal[0] = 0


@dataclass(frozen=True)
class Uncounted:
    """Work that the challenge does not count, by its role, with the `reason`."""

    role: Role
    macs: Literal[0] = 0
    lfr_flops: Literal[0] = 0


Work: TypeAlias = Convolution | Dense | Deconvolution | MatrixProduct | Uncounted
