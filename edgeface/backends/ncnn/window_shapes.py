"""The shapes that layers with windows make: convolutions and pooling."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from edgeface.backends.ncnn.layer import Layer

Shape: TypeAlias = tuple[int, ...]
"""Channels, height and width; fewer axes lack the first ones."""

UNSET = -233
_SAME = frozenset({UNSET, -234})


def number_of(layer: Layer, key: int, default: int = 0) -> int:
    """A parameter that is a whole number.

    Raises:
        ValueError: it is a list.
    """
    found = layer.params.get(key, default)
    if isinstance(found, tuple):
        raise ValueError(f"parameter {key} is a list")
    return int(found)


def _sides(layer: Layer, keys: tuple[int, int], default: int) -> tuple[int, int]:
    """A parameter for height and width, whose height is by default that of the width."""
    wide = number_of(layer, keys[0], default)
    return number_of(layer, keys[1], wide), wide


def convolution_shape(layer: Layer, reads: Sequence[Shape]) -> Shape:
    """Of a Convolution or ConvolutionDepthWise; of a vector as an InnerProduct makes it."""
    if len(reads[0]) == 1:
        return (number_of(layer, 0),)
    kernel, dilation, stride = (_sides(layer, keys, 1) for keys in ((1, 11), (2, 12), (3, 13)))
    before = number_of(layer, 4), number_of(layer, 14, number_of(layer, 4))
    left, top = before
    pads = top + number_of(layer, 16, top), left + number_of(layer, 15, left)
    made = []
    for axis, size in enumerate(reads[0][1:]):
        if left in _SAME:
            made.append(-(-size // stride[axis]))
        else:
            made.append((size + pads[axis] - dilation[axis] * (kernel[axis] - 1) - 1) // stride[axis] + 1)
    return (number_of(layer, 0), *made)


def deconvolution_shape(layer: Layer, reads: Sequence[Shape]) -> Shape:
    """Of a Deconvolution or DeconvolutionDepthWise."""
    kernel, dilation, stride = (_sides(layer, keys, 1) for keys in ((1, 11), (2, 12), (3, 13)))
    left = number_of(layer, 4)
    top = number_of(layer, 14, left)
    pads = top + number_of(layer, 16, top), left + number_of(layer, 15, left)
    added = number_of(layer, 19, number_of(layer, 18)), number_of(layer, 18)
    made = [
        (size - 1) * stride[axis] + dilation[axis] * (kernel[axis] - 1) + 1 + added[axis] - pads[axis]
        for axis, size in enumerate(reads[0][1:])
    ]
    return (number_of(layer, 0), *made)


def pooling_shape(layer: Layer, reads: Sequence[Shape]) -> Shape:
    """Of a Pooling: global, adaptive, or of windows, whose last one may be cut off."""
    channels, *sizes = reads[0]
    if number_of(layer, 4):
        return (channels,)
    if number_of(layer, 7):
        asked = number_of(layer, 18, number_of(layer, 8)), number_of(layer, 8)
        return (channels, *(size if want == UNSET else want for size, want in zip(sizes, asked, strict=True)))
    kernel, stride = _sides(layer, (1, 11), 0), _sides(layer, (2, 12), 1)
    left, top = number_of(layer, 3), number_of(layer, 13, number_of(layer, 3))
    pads = top + number_of(layer, 15, top), left + number_of(layer, 14, left)
    mode, made = number_of(layer, 5), []
    for axis, size in enumerate(sizes):
        room = size + pads[axis] - kernel[axis]
        if mode in {2, 3}:
            made.append(-(-size // stride[axis]))
        else:
            made.append((room // stride[axis] if mode else -(-room // stride[axis])) + 1)
    return (channels, *made)
