"""How many bytes of a .bin file each layer reads, from its parameters and the tags in the file.

This file ships to boards as it is: Python 3.8, the standard library and numpy.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import BinaryIO

from edgeface.backends.ncnn.layer import FLOAT16, FLOAT32, INT8, Layer
from edgeface.errors import InputError

ALIKE = frozenset(
    {
        *("ReLU", "Clip", "Sigmoid", "TanH", "HardSwish", "HardSigmoid", "Swish", "Mish", "GELU", "ELU", "SELU"),
        *("CELU", "Softplus", "Erf", "AbsVal", "Power", "Exp", "Log", "UnaryOp", "Softmax", "LRN"),
        *("Input", "Split", "Noop", "Dropout", "ShuffleChannel"),
    }
)
"""Layers that have no weights, and make blobs of the size that they read."""
WITHOUT = ALIKE | {
    *("Reshape", "Flatten", "Squeeze", "ExpandDims", "Permute", "Concat", "Slice", "Crop", "Padding", "CopyTo"),
    *("Tile", "PixelShuffle", "Reorg", "Pooling", "Interp", "BinaryOp", "Eltwise", "Reduction", "MatMul"),
}
"""Layers that have no weights, whatever their parameters."""
_CONVOLUTIONS = {
    "Convolution": (5, 6),
    "ConvolutionDepthWise": (5, 6),
    "Deconvolution": (5, 6),
    "DeconvolutionDepthWise": (5, 6),
    "InnerProduct": (1, 2),
}
"""The parameters that say whether there is a bias, and how many weights there are."""
_BYTES = {FLOAT32: 4, FLOAT16: 2, INT8: 1}
_FIX = "copy both files of the network again, from one folder"


def weight_bytes(layers: Sequence[Layer], stream: BinaryIO, where: str) -> int | None:
    """The bytes that the layers read in all; None where a layer's are not known here.

    Raises:
        InputError: the file ends before, has weights in a type that is not known, or a layer has a negative size.
    """
    total = 0
    for layer in layers:
        if layer.kind in WITHOUT:
            continue
        if layer.kind in _CONVOLUTIONS:
            total = _after_convolution(layer, total, stream, where)
            continue
        if layer.kind not in _PLAIN or (layer.kind == "MemoryData" and _count(layer, 21, 1) != 1):
            return None
        total += 4 * _PLAIN[layer.kind](layer)
    return total


def _after_convolution(layer: Layer, begin: int, stream: BinaryIO, where: str) -> int:
    """Where the weights of a layer end that begin with a tag: its weight, its bias, and the scales of integers."""
    bias_key, size_key = _CONVOLUTIONS[layer.kind]
    outputs, size = _count(layer, 0), _count(layer, size_key)
    stream.seek(begin)
    tag = int.from_bytes(stream.read(4), "little")
    if tag not in _BYTES:
        raise InputError(
            f"the weights of layer {layer.name!r} have an unknown type, or the file is too short", where=where, fix=_FIX
        )
    numbers = -(-size * _BYTES[tag] // 4) * 4
    scales = _scales(layer, outputs)
    return begin + 4 + numbers + 4 * (outputs * (_count(layer, bias_key) != 0) + scales)


def _scales(layer: Layer, outputs: int) -> int:
    """The scales that follow a weight and its bias: of weights, of the input, and of the result."""
    term = _count(layer, 8)
    if not term:
        return 0
    if layer.kind == "InnerProduct":
        return outputs + 1
    depthwise = layer.kind == "ConvolutionDepthWise"
    per_weight = (_count(layer, 7, 1) if term in {1, 101} else 1) if depthwise else outputs
    return per_weight + 1 + (term > 100)


_PLAIN: dict[str, Callable[[Layer], int]] = {
    "MemoryData": lambda layer: math.prod(_count(layer, key) or 1 for key in (0, 1, 11, 2)),
    "PReLU": lambda layer: _count(layer, 0),
    "Scale": lambda layer: _count(layer, 0) * (2 if _count(layer, 1) else 1),
    "BatchNorm": lambda layer: 4 * _count(layer, 0),
    "Bias": lambda layer: _count(layer, 0),
    "GroupNorm": lambda layer: 2 * _count(layer, 1) * (_count(layer, 3, 1) != 0),
    "LayerNorm": lambda layer: 2 * _count(layer, 0) * (_count(layer, 2, 1) != 0),
    "InstanceNorm": lambda layer: 2 * _count(layer, 0) * (_count(layer, 2, 1) != 0),
}
"""The float32 numbers of layers whose weights have no tag."""


def _count(layer: Layer, key: int, default: int = 0) -> int:
    found = layer.params.get(key, default)
    if not isinstance(found, int) or found < 0:
        raise InputError(f"parameter {key} of layer {layer.name!r} is {found}, not a count", fix=_FIX)
    return found
