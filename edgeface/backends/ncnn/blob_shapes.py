"""The shapes of a network's blobs, told from its layers' parameters: ncnn itself only tells them of a run."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from edgeface.backends.ncnn.blobs import blob_shape
from edgeface.backends.ncnn.layer import Layer
from edgeface.backends.ncnn.param_file import ParamFile
from edgeface.backends.ncnn.window_shapes import (
    UNSET,
    Shape,
    convolution_shape,
    deconvolution_shape,
    number_of,
    pooling_shape,
)
from edgeface.errors import InputError

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


def _listed(layer: Layer, key: int) -> tuple[int, ...]:
    found = layer.params.get(key, ())
    return tuple(int(item) for item in found) if isinstance(found, tuple) else (int(found),)


def _product(layer: Layer, reads: Sequence[Shape]) -> Shape:
    outputs = number_of(layer, 0)
    rows = reads[0][0] if len(reads[0]) == 2 and reads[0][1] * outputs == number_of(layer, 2) else 1
    return (rows, outputs) if rows > 1 else (outputs,)


def _concat(layer: Layer, reads: Sequence[Shape]) -> Shape:
    axis = number_of(layer, 0) % len(reads[0])
    return (*reads[0][:axis], sum(shape[axis] for shape in reads), *reads[0][axis + 1 :])


def _slices(layer: Layer, read: Shape) -> list[Shape]:
    axis = number_of(layer, 1) % len(read)
    left, sizes, asked = read[axis], [], _listed(layer, 0)
    for place, size in enumerate(asked):
        sizes.append(left // (len(asked) - place) if size == UNSET else size)
        left -= sizes[-1]
    return [(*read[:axis], size, *read[axis + 1 :]) for size in sizes]


def _reshape(layer: Layer, reads: Sequence[Shape]) -> Shape:
    asked = [layer.params.get(key, UNSET) for key in (2, 11, 1, 0)]
    said = [int(size) for size in asked if size != UNSET and not isinstance(size, tuple)]
    offset = len(said) - len(reads[0])
    said = [reads[0][place - offset] if size == 0 else size for place, size in enumerate(said)]
    known = math.prod(size for size in said if size > 0)
    return tuple(math.prod(reads[0]) // known if size == -1 else size for size in said)


def _permute(layer: Layer, reads: Sequence[Shape]) -> Shape:
    read = reads[0]
    if len(read) == 1:
        return read
    return tuple(read[axis] for axis in _ORDERS[len(read)][number_of(layer, 0)])


def _interp(layer: Layer, reads: Sequence[Shape]) -> Shape:
    if len(reads) > 1:
        return (reads[0][0], *reads[1][-2:])
    channels, *sizes = reads[0] if len(reads[0]) == 3 else (*reads[0], 1, 1)
    scales = [layer.params.get(key, 1.0) for key in (1, 2)]
    asked = number_of(layer, 3), number_of(layer, 4)
    made = [want or int(size * float(str(scale))) for size, want, scale in zip(sizes, asked, scales, strict=True)]
    return (channels, *made)


def _padding(layer: Layer, reads: Sequence[Shape]) -> Shape:
    pairs = ((7, 8), (0, 1), (2, 3))  # of channels, height and width
    added = [number_of(layer, before) + number_of(layer, behind) for before, behind in pairs]
    return tuple(size + more for size, more in zip(reads[0], added[-len(reads[0]) :], strict=True))


def _crop(layer: Layer, reads: Sequence[Shape]) -> Shape:
    """By starts, ends and axes; other forms of it are not known here."""
    starts, ends, axes = (_listed(layer, key) for key in (9, 10, 11))
    if len(reads) > 1 or 9 not in layer.params or len(starts) != len(ends):
        return ()
    made = list(reads[0])
    for axis, start, end in zip(axes if 11 in layer.params else range(len(starts)), starts, ends, strict=True):
        size = reads[0][axis]
        stop = size if end == UNSET else end + size if end < 0 else min(end, size)
        made[axis] = stop - (start + size if start < 0 else start)
    return tuple(made)


def _binary(_: Layer, reads: Sequence[Shape]) -> Shape:
    rank = max(map(len, reads))
    full = [shape for shape in reads if len(shape) == rank]
    return tuple(map(max, zip(*full, strict=True)))


def _reduction(layer: Layer, reads: Sequence[Shape]) -> Shape:
    read, keeps = reads[0], number_of(layer, 4)
    axes = set(range(len(read))) if number_of(layer, 1, 1) else {axis % len(read) for axis in _listed(layer, 3)}
    kept = [1 if axis in axes else size for axis, size in enumerate(read) if keeps or axis not in axes]
    return tuple(kept) or (1,)


def _matrix_product(layer: Layer, reads: Sequence[Shape]) -> Shape:
    left, right = reads
    columns = right[-2] if number_of(layer, 0) else right[-1]
    return (*max(left[:-2], right[:-2], key=len), left[-2], columns)


def _tile(layer: Layer, reads: Sequence[Shape]) -> Shape:
    read = reads[0]
    if 2 not in layer.params:
        axis = number_of(layer, 0) % len(read)
        return tuple(size * (number_of(layer, 1, 1) if place == axis else 1) for place, size in enumerate(read))
    times = _listed(layer, 2)
    full = (1,) * (len(times) - len(read)) + read
    times = (1,) * (len(full) - len(times)) + times
    return tuple(size * count for size, count in zip(full, times, strict=True))


def _reorg(layer: Layer, reads: Sequence[Shape]) -> Shape:
    channels, height, width = reads[0]
    stride = number_of(layer, 0, 1)
    return channels * stride**2, height // stride, width // stride


def _memory(layer: Layer, _: Sequence[Shape]) -> Shape:
    return tuple(size for size in (number_of(layer, key) for key in (2, 11, 1, 0)) if size)


_RULES: dict[str, Callable[[Layer, Sequence[Shape]], Shape]] = {
    "BinaryOp": _binary,
    "Concat": _concat,
    "Crop": _crop,
    "Convolution": convolution_shape,
    "ConvolutionDepthWise": convolution_shape,
    "Deconvolution": deconvolution_shape,
    "DeconvolutionDepthWise": deconvolution_shape,
    "Eltwise": _binary,
    "Flatten": lambda _, reads: (math.prod(reads[0]),),
    "InnerProduct": _product,
    "Interp": _interp,
    "MatMul": _matrix_product,
    "MemoryData": _memory,
    "Padding": _padding,
    "Permute": _permute,
    "PixelShuffle": lambda layer, reads: (
        reads[0][0] // number_of(layer, 0, 1) ** 2,
        *(size * number_of(layer, 0, 1) for size in reads[0][1:]),
    ),
    "Pooling": pooling_shape,
    "Reduction": _reduction,
    "Reorg": _reorg,
    "Reshape": _reshape,
    "Tile": _tile,
}
