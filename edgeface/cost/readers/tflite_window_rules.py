"""Sizes of the results of TFLite's convolutions, matrix products, pools and other operators on windows."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from edgeface.cost.readers.tflite_operation import SAME_PADDING, Operation, Shape, broadcast

Rule = Callable[[Operation], "list[Shape]"]


def _window(operation: Operation, size: int, taps: int, stride: int, dilation: int = 1) -> int:
    """Positions of a window along one axis."""
    operation.require(stride > 0 and taps > 0 and dilation > 0)
    if operation.option("Padding") == SAME_PADDING:
        return -(-size // stride)
    reach = (taps - 1) * dilation + 1
    operation.require(size >= reach)
    return (size - reach) // stride + 1


def _along(operation: Operation, sizes: Shape, taps: Shape, axes: str) -> Shape:
    """Positions of a convolution's window along `axes`, such as "HW"."""
    steps = [(operation.option(f"Stride{axis}"), operation.option(f"Dilation{axis}Factor")) for axis in axes]
    return tuple(_window(operation, size, tap, *step) for size, tap, step in zip(sizes, taps, steps, strict=True))


def _conv_2d(operation: Operation) -> list[Shape]:
    batch, *sizes, _ = operation.shape(0, 4)
    made, *taps, _ = operation.shape(1, 4)
    return [(batch, *_along(operation, tuple(sizes), tuple(taps), "HW"), made)]


def _depthwise(operation: Operation) -> list[Shape]:
    batch, *sizes, _ = operation.shape(0, 4)
    _, *taps, made = operation.shape(1, 4)
    return [(batch, *_along(operation, tuple(sizes), tuple(taps), "HW"), made)]


def _conv_3d(operation: Operation) -> list[Shape]:
    batch, *sizes, _ = operation.shape(0, 5)
    *taps, _, made = operation.shape(1, 5)
    return [(batch, *_along(operation, tuple(sizes), tuple(taps), "DHW"), made)]


def _transposed(operation: Operation) -> list[Shape]:
    rank = len(operation.shape(2))
    made = operation.numbers(0)
    operation.require(len(made) == rank and min(made) >= 0)
    return [made]


def _fully_connected(operation: Operation) -> list[Shape]:
    read = operation.shape(0)
    made, depth = operation.shape(1, 2)
    operation.require(depth > 0)
    if operation.option("KeepNumDims"):
        operation.require(bool(read) and read[-1] == depth)
        return [(*read[:-1], made)]
    operation.require(math.prod(read) % depth == 0)
    return [(math.prod(read) // depth, made)]


def _batch_matmul(operation: Operation) -> list[Shape]:
    left, right = operation.shape(0), operation.shape(1)
    operation.require(len(left) >= 2 and len(right) >= 2)
    rows, depth = reversed(left[-2:]) if operation.option("AdjX") else left[-2:]
    inner, columns = reversed(right[-2:]) if operation.option("AdjY") else right[-2:]
    operation.require(depth == inner)
    return [(*broadcast([left[:-2], right[:-2]]), rows, columns)]


def _pool(operation: Operation) -> list[Shape]:
    batch, height, width, channels = operation.shape(0, 4)
    taps = operation.option("FilterHeight"), operation.option("FilterWidth")
    made = (
        _window(operation, height, taps[0], operation.option("StrideH")),
        _window(operation, width, taps[1], operation.option("StrideW")),
    )
    return [(batch, *made, channels)]


def _resize(operation: Operation) -> list[Shape]:
    batch, _, _, channels = operation.shape(0, 4)
    size = operation.numbers(1)
    operation.require(len(size) == 2 and min(size) > 0)
    return [(batch, *size, channels)]


def _pad(operation: Operation) -> list[Shape]:
    read, pads = operation.shape(0), operation.numbers(1)
    operation.require(len(pads) == 2 * len(read) and min(pads, default=0) >= 0)
    return [tuple(size + before + after for size, before, after in zip(read, pads[::2], pads[1::2], strict=True))]


def _dilate(operation: Operation) -> list[Shape]:
    read, steps = operation.shape(0), operation.numbers(1)
    operation.require(len(steps) == len(read) and min(steps, default=1) > 0)
    return [tuple((size - 1) * step + 1 for size, step in zip(read, steps, strict=True))]


def _space_to_depth(operation: Operation) -> list[Shape]:
    batch, height, width, channels = operation.shape(0, 4)
    block = operation.option("BlockSize")
    operation.require(block > 0 and height % block == 0 and width % block == 0)
    return [(batch, height // block, width // block, channels * block * block)]


def _depth_to_space(operation: Operation) -> list[Shape]:
    batch, height, width, channels = operation.shape(0, 4)
    block = operation.option("BlockSize")
    operation.require(block > 0 and channels % (block * block) == 0)
    return [(batch, height * block, width * block, channels // (block * block))]


def _space_to_batch(operation: Operation) -> list[Shape]:
    read, blocks, pads = operation.shape(0), operation.numbers(1), operation.numbers(2)
    operation.require(len(read) > len(blocks) and len(pads) == 2 * len(blocks) and min(blocks, default=1) > 0)
    operation.require(min(pads, default=0) >= 0)
    inner = read[1 : 1 + len(blocks)]
    padded = [size + a + b for size, a, b in zip(inner, pads[::2], pads[1::2], strict=True)]
    operation.require(all(size % block == 0 for size, block in zip(padded, blocks, strict=True)))
    made = (size // block for size, block in zip(padded, blocks, strict=True))
    return [(read[0] * math.prod(blocks), *made, *read[1 + len(blocks) :])]


def _batch_to_space(operation: Operation) -> list[Shape]:
    read, blocks, crops = operation.shape(0), operation.numbers(1), operation.numbers(2)
    operation.require(len(read) > len(blocks) and len(crops) == 2 * len(blocks) and min(blocks, default=1) > 0)
    operation.require(read[0] % math.prod(blocks) == 0 and min(crops, default=0) >= 0)
    inner = zip(read[1 : 1 + len(blocks)], blocks, crops[::2], crops[1::2], strict=True)
    made = [size * block - a - b for size, block, a, b in inner]
    operation.require(min(made, default=0) >= 0)
    return [(read[0] // math.prod(blocks), *made, *read[1 + len(blocks) :])]


RULES: Mapping[str, Rule] = {
    "CONV_2D": _conv_2d,
    "DEPTHWISE_CONV_2D": _depthwise,
    "CONV_3D": _conv_3d,
    "TRANSPOSE_CONV": _transposed,
    "CONV_3D_TRANSPOSE": _transposed,
    "FULLY_CONNECTED": _fully_connected,
    "BATCH_MATMUL": _batch_matmul,
    **dict.fromkeys(("AVERAGE_POOL_2D", "MAX_POOL_2D", "L2_POOL_2D"), _pool),
    **dict.fromkeys(("RESIZE_BILINEAR", "RESIZE_NEAREST_NEIGHBOR"), _resize),
    **dict.fromkeys(("PAD", "PADV2", "MIRROR_PAD"), _pad),
    "DILATE": _dilate,
    "SPACE_TO_DEPTH": _space_to_depth,
    "DEPTH_TO_SPACE": _depth_to_space,
    "SPACE_TO_BATCH_ND": _space_to_batch,
    "BATCH_TO_SPACE_ND": _batch_to_space,
}
