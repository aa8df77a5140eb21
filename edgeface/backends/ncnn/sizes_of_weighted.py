"""What layers with weights make, and whether their weights fit what they read."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TypeAlias

from edgeface.backends.ncnn.layer import Layer
from edgeface.backends.ncnn.param_file import whole

Sizes: TypeAlias = tuple[int, ...]
"""Of a blob, from the outermost axis on."""


def _require(fits: bool, what: str) -> None:
    if not fits:
        raise ValueError(what)


def _convolution(layer: Layer, reads: Sequence[Sizes]) -> Sizes:
    (read,) = reads
    outputs, width, size, groups = whole(layer, 0), whole(layer, 1), whole(layer, 6), whole(layer, 7, 1)
    height = whole(layer, 11, width)
    if len(read) == 1 and (width, height) == (1, 1):
        _require(size == outputs * read[0], f"it has {size} weights for {read[0]} numbers")
        return (outputs,)
    _require(len(read) == 3, f"it reads {list(read)}, which is no image")
    _require(groups > 0 and read[0] % groups == 0 and outputs % groups == 0, f"{groups} groups of {read[0]} channels")
    needed = outputs * (read[0] // groups) * width * height
    _require(outputs > 0 and size == needed, f"it has {size} weights and needs {needed}")
    return (outputs, *(_windows(layer, read[axis], axis) for axis in (1, 2)))


def _windows(layer: Layer, size: int, axis: int) -> int:
    """How many results a convolution has along an axis: 1 for rows, 2 for columns."""
    kernel, dilation, stride = (_by_axis(layer, axis, key, default) for key, default in ((1, 0), (2, 1), (3, 1)))
    before, after = _pads(layer, axis)
    _require(kernel > 0 and dilation > 0 and stride > 0, f"kernel {kernel}, dilation {dilation}, stride {stride}")
    if min(before, after) < 0:  # as many results as strides, or with special marks
        return -(-size // stride)
    return (size + before + after - dilation * (kernel - 1) - 1) // stride + 1


def _by_axis(layer: Layer, axis: int, key: int, default: int) -> int:
    """A parameter of columns, or that of rows, which is 10 further and by default the same."""
    across = whole(layer, key, default)
    return across if axis == 2 else whole(layer, key + 10, across)


def _pads(layer: Layer, axis: int) -> tuple[int, int]:
    left = whole(layer, 4, 0)
    top = whole(layer, 14, left)
    return (top, whole(layer, 16, top)) if axis == 1 else (left, whole(layer, 15, left))


def _deconvolution(layer: Layer, reads: Sequence[Sizes]) -> Sizes:
    (read,) = reads
    outputs, width, size, groups = whole(layer, 0), whole(layer, 1), whole(layer, 6), whole(layer, 7, 1)
    height = whole(layer, 11, width)
    _require(len(read) == 3, f"it reads {list(read)}, which is no image")
    _require(groups > 0 and read[0] % groups == 0 and outputs % groups == 0, f"{groups} groups of {read[0]} channels")
    needed = outputs * (read[0] // groups) * width * height
    _require(outputs > 0 and size == needed, f"it has {size} weights and needs {needed}")
    right = whole(layer, 18, 0)
    extra = {2: right, 1: whole(layer, 19, right)}
    _require(not whole(layer, 20, 0), "a size of its result is not read here")
    made = []
    for axis in (1, 2):
        kernel, dilation, stride = (_by_axis(layer, axis, key, default) for key, default in ((1, 0), (2, 1), (3, 1)))
        _require(kernel > 0 and dilation > 0 and stride > 0, f"kernel {kernel}, dilation {dilation}, stride {stride}")
        made.append(stride * (read[axis] - 1) + dilation * (kernel - 1) + 1 + extra[axis] - sum(_pads(layer, axis)))
    return (outputs, *made)


def _inner_product(layer: Layer, reads: Sequence[Sizes]) -> Sizes:
    (read,) = reads
    outputs, size = whole(layer, 0), whole(layer, 2)
    _require(outputs > 0 and size % outputs == 0, f"{size} weights for {outputs} results")
    depth = size // outputs
    if len(read) == 2 and read[1] == depth:
        return (read[0], outputs) if read[0] > 1 else (outputs,)
    _require(math.prod(read) == depth, f"it has weights for {depth} numbers and reads {list(read)}")
    return (outputs,)


def _by_channel(key: int, one_for_all: bool = False) -> Callable[[Layer, Sequence[Sizes]], Sizes]:
    def rule(layer: Layer, reads: Sequence[Sizes]) -> Sizes:
        size, channels = whole(layer, key), reads[0][0]
        fits = size == channels or (one_for_all and size == 1)
        _require(fits, f"it has numbers for {size} channels and reads {list(reads[0])}")
        return reads[0]

    return rule


def _group_norm(layer: Layer, reads: Sequence[Sizes]) -> Sizes:
    groups, channels = whole(layer, 0, 1), whole(layer, 1)
    _require(channels == reads[0][0] and groups > 0 and channels % groups == 0, f"{groups} groups of {list(reads[0])}")
    return reads[0]


def _layer_norm(layer: Layer, reads: Sequence[Sizes]) -> Sizes:
    size = whole(layer, 0)
    affine = whole(layer, 2, 1)
    ends = {math.prod(reads[0][-count:]) for count in range(1, len(reads[0]) + 1)}
    _require(size in ends or not affine, f"it has numbers for {size} and reads {list(reads[0])}")
    return reads[0]


def _memory(layer: Layer, _: Sequence[Sizes]) -> Sizes:
    sizes = [whole(layer, key) for key in (2, 11, 1, 0)]
    return tuple(size for size in sizes if size) or (1,)


WEIGHTED: dict[str, Callable[[Layer, Sequence[Sizes]], Sizes]] = {
    "Convolution": _convolution,
    "ConvolutionDepthWise": _convolution,
    "Deconvolution": _deconvolution,
    "DeconvolutionDepthWise": _deconvolution,
    "InnerProduct": _inner_product,
    "PReLU": _by_channel(0, one_for_all=True),
    "Scale": _by_channel(0),
    "BatchNorm": _by_channel(0),
    "Bias": _by_channel(0),
    "GroupNorm": _group_norm,
    "InstanceNorm": _by_channel(0),
    "LayerNorm": _layer_norm,
    "MemoryData": _memory,
}
