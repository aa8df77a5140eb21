"""The shapes of a network's blobs, told from its layers' parameters: ncnn itself only tells them of a run."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TypeAlias

from edgeface.backends.ncnn.blobs import blob_shape
from edgeface.backends.ncnn.layer import Layer
from edgeface.backends.ncnn.param_file import ParamFile
from edgeface.errors import InputError

Shape: TypeAlias = tuple[int, ...]
"""Channels, height and width; fewer axes lack the first ones."""

_UNSET, _SAME = -233, frozenset({-233, -234})
_ALIKE = frozenset(
    {
        *("ReLU", "Clip", "Sigmoid", "TanH", "HardSwish", "HardSigmoid", "Swish", "Mish", "GELU", "ELU", "SELU"),
        *(
            "CELU",
            "PReLU",
            "Softplus",
            "Erf",
            "AbsVal",
            "Power",
            "Exp",
            "Log",
            "UnaryOp",
            "BatchNorm",
            "Scale",
            "Bias",
            "LRN",
        ),
        *("Softmax", "Noop", "Dropout", "Split", "ShuffleChannel", "LayerNorm", "GroupNorm", "InstanceNorm"),
    }
)
_ORDERS = {2: ((0, 1), (1, 0)), 3: ((0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0))}
"""The axes of a Permute's result, by number of axes and its order."""


def blob_shapes(network: ParamFile, where: str) -> dict[str, Shape]:
    """The shape of every blob by name.

    Raises:
        InputError: an input's size is not in the file, or a layer's rule is not known here.
    """
    found: dict[str, Shape] = {}
    for port in network.inputs:
        if port.shape is None:
            raise InputError(
                f"the file does not say the size of its input {port.name!r}",
                where=where,
                fix="write it into its Input line: 0=width 1=height 2=channels",
            )
        found[port.blob] = blob_shape(port.shape)
    for layer in network.layers:
        if layer.kind == "Input":
            continue
        try:
            made = _made(layer, [found[name] for name in layer.inputs])
        except (IndexError, TypeError, ValueError, ZeroDivisionError) as error:
            raise InputError(f"layer {layer.name!r} does not fit its input: {error}", where=where) from error
        if made is None or not all(made) or any(side < 1 for shape in made for side in shape):
            raise InputError(f"the size of what {layer.kind} {layer.name!r} makes is not known here", where=where)
        found |= dict(zip(layer.outputs, made, strict=True))
    return found


def _made(layer: Layer, reads: Sequence[Shape]) -> list[Shape] | None:
    if layer.kind in _ALIKE:
        return [reads[0]] * len(layer.outputs)
    if layer.kind == "Slice":
        return _slices(layer, reads[0])
    rule = _RULES.get(layer.kind)
    return None if rule is None else [rule(layer, reads)]


def _of(layer: Layer, key: int, default: int = 0) -> int:
    found = layer.params.get(key, default)
    if isinstance(found, tuple):
        raise ValueError(f"parameter {key} is a list")
    return int(found)


def _listed(layer: Layer, key: int) -> tuple[int, ...]:
    found = layer.params.get(key, ())
    return tuple(int(item) for item in found) if isinstance(found, tuple) else (int(found),)


def _sides(layer: Layer, keys: tuple[int, int], default: int) -> tuple[int, int]:
    """A parameter for height and width, whose height is by default that of the width."""
    wide = _of(layer, keys[0], default)
    return _of(layer, keys[1], wide), wide


def _convolution(layer: Layer, reads: Sequence[Shape]) -> Shape:
    if len(reads[0]) == 1:  # a vector, which it takes as an InnerProduct does
        return (_of(layer, 0),)
    kernel, dilation, stride = (_sides(layer, keys, 1) for keys in ((1, 11), (2, 12), (3, 13)))
    before = _of(layer, 4), _of(layer, 14, _of(layer, 4))
    left, top = before
    pads = top + _of(layer, 16, top), left + _of(layer, 15, left)
    made = []
    for axis, size in enumerate(reads[0][1:]):
        if left in _SAME:
            made.append(-(-size // stride[axis]))
        else:
            made.append((size + pads[axis] - dilation[axis] * (kernel[axis] - 1) - 1) // stride[axis] + 1)
    return (_of(layer, 0), *made)


def _deconvolution(layer: Layer, reads: Sequence[Shape]) -> Shape:
    kernel, dilation, stride = (_sides(layer, keys, 1) for keys in ((1, 11), (2, 12), (3, 13)))
    left = _of(layer, 4)
    top = _of(layer, 14, left)
    pads = top + _of(layer, 16, top), left + _of(layer, 15, left)
    added = _of(layer, 19, _of(layer, 18)), _of(layer, 18)
    made = [
        (size - 1) * stride[axis] + dilation[axis] * (kernel[axis] - 1) + 1 + added[axis] - pads[axis]
        for axis, size in enumerate(reads[0][1:])
    ]
    return (_of(layer, 0), *made)


def _pooling(layer: Layer, reads: Sequence[Shape]) -> Shape:
    channels, *sizes = reads[0]
    if _of(layer, 4):
        return (channels,)
    if _of(layer, 7):
        asked = _of(layer, 18, _of(layer, 8)), _of(layer, 8)
        return (channels, *(size if want == _UNSET else want for size, want in zip(sizes, asked, strict=True)))
    kernel, stride = _sides(layer, (1, 11), 0), _sides(layer, (2, 12), 1)
    left, top = _of(layer, 3), _of(layer, 13, _of(layer, 3))
    pads = top + _of(layer, 15, top), left + _of(layer, 14, left)
    mode, made = _of(layer, 5), []
    for axis, size in enumerate(sizes):
        room = size + pads[axis] - kernel[axis]
        if mode in {2, 3}:
            made.append(-(-size // stride[axis]))
        else:
            made.append((room // stride[axis] if mode else -(-room // stride[axis])) + 1)
    return (channels, *made)


def _product(layer: Layer, reads: Sequence[Shape]) -> Shape:
    outputs = _of(layer, 0)
    rows = reads[0][0] if len(reads[0]) == 2 and reads[0][1] * outputs == _of(layer, 2) else 1
    return (rows, outputs) if rows > 1 else (outputs,)


def _concat(layer: Layer, reads: Sequence[Shape]) -> Shape:
    axis = _of(layer, 0) % len(reads[0])
    return (*reads[0][:axis], sum(shape[axis] for shape in reads), *reads[0][axis + 1 :])


def _slices(layer: Layer, read: Shape) -> list[Shape]:
    axis = _of(layer, 1) % len(read)
    left, sizes, asked = read[axis], [], _listed(layer, 0)
    for place, size in enumerate(asked):
        sizes.append(left // (len(asked) - place) if size == _UNSET else size)
        left -= sizes[-1]
    return [(*read[:axis], size, *read[axis + 1 :]) for size in sizes]


def _reshape(layer: Layer, reads: Sequence[Shape]) -> Shape:
    asked = [layer.params.get(key, _UNSET) for key in (2, 11, 1, 0)]
    said = [int(size) for size in asked if size != _UNSET and not isinstance(size, tuple)]
    offset = len(said) - len(reads[0])
    said = [reads[0][place - offset] if size == 0 else size for place, size in enumerate(said)]
    known = math.prod(size for size in said if size > 0)
    return tuple(math.prod(reads[0]) // known if size == -1 else size for size in said)


def _permute(layer: Layer, reads: Sequence[Shape]) -> Shape:
    read = reads[0]
    if len(read) == 1:
        return read
    return tuple(read[axis] for axis in _ORDERS[len(read)][_of(layer, 0)])


def _interp(layer: Layer, reads: Sequence[Shape]) -> Shape:
    if len(reads) > 1:
        return (reads[0][0], *reads[1][-2:])
    channels, *sizes = reads[0] if len(reads[0]) == 3 else (*reads[0], 1, 1)
    scales = [layer.params.get(key, 1.0) for key in (1, 2)]
    asked = _of(layer, 3), _of(layer, 4)
    made = [want or int(size * float(str(scale))) for size, want, scale in zip(sizes, asked, scales, strict=True)]
    return (channels, *made)


def _padding(layer: Layer, reads: Sequence[Shape]) -> Shape:
    added = (_of(layer, 7) + _of(layer, 8), _of(layer, 0) + _of(layer, 1), _of(layer, 2) + _of(layer, 3))
    return tuple(size + more for size, more in zip(reads[0], added[-len(reads[0]) :], strict=True))


def _crop(layer: Layer, reads: Sequence[Shape]) -> Shape:
    """By starts, ends and axes; other forms of it are not known here."""
    starts, ends, axes = (_listed(layer, key) for key in (9, 10, 11))
    if len(reads) > 1 or 9 not in layer.params or len(starts) != len(ends):
        return ()
    made = list(reads[0])
    for axis, start, end in zip(axes if 11 in layer.params else range(len(starts)), starts, ends, strict=True):
        size = reads[0][axis]
        stop = size if end == _UNSET else end + size if end < 0 else min(end, size)
        made[axis] = stop - (start + size if start < 0 else start)
    return tuple(made)


def _binary(_: Layer, reads: Sequence[Shape]) -> Shape:
    rank = max(map(len, reads))
    full = [shape for shape in reads if len(shape) == rank]
    return tuple(map(max, zip(*full, strict=True)))


def _reduction(layer: Layer, reads: Sequence[Shape]) -> Shape:
    read, keeps = reads[0], _of(layer, 4)
    axes = set(range(len(read))) if _of(layer, 1, 1) else {axis % len(read) for axis in _listed(layer, 3)}
    kept = [1 if axis in axes else size for axis, size in enumerate(read) if keeps or axis not in axes]
    return tuple(kept) or (1,)


def _memory(layer: Layer, _: Sequence[Shape]) -> Shape:
    return tuple(size for size in (_of(layer, key) for key in (2, 11, 1, 0)) if size)


_RULES: dict[str, Callable[[Layer, Sequence[Shape]], Shape]] = {
    "BinaryOp": _binary,
    "Concat": _concat,
    "Crop": _crop,
    "Convolution": _convolution,
    "ConvolutionDepthWise": _convolution,
    "Deconvolution": _deconvolution,
    "DeconvolutionDepthWise": _deconvolution,
    "Eltwise": _binary,
    "Flatten": lambda _, reads: (math.prod(reads[0]),),
    "InnerProduct": _product,
    "Interp": _interp,
    "MemoryData": _memory,
    "Padding": _padding,
    "Permute": _permute,
    "PixelShuffle": lambda layer, reads: (
        reads[0][0] // _of(layer, 0, 1) ** 2,
        *(size * _of(layer, 0, 1) for size in reads[0][1:]),
    ),
    "Pooling": _pooling,
    "Reduction": _reduction,
    "Reshape": _reshape,
}
