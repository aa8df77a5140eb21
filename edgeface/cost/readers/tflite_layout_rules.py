"""Sizes of the results of TFLite's operators that rearrange, join, split, reduce or make tensors."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from edgeface.cost.readers.tflite_operation import MisfitError, Operation, Shape
from edgeface.cost.readers.tflite_window_rules import Rule


def _reshape(operation: Operation) -> list[Shape]:
    count = operation.count(0)
    if operation.given(1) and len(operation.shape(1)) == 1:
        wanted = operation.numbers(1)
    else:
        wanted = operation.list_option("NewShape")
        if wanted == (0,) and count == 1:
            return [()]  # an old spelling of a scalar
    fixed = math.prod(size for size in wanted if size != -1)
    operation.require(wanted.count(-1) <= 1 and min(wanted, default=0) >= -1)
    if -1 in wanted:
        operation.require(fixed > 0)
        wanted = tuple(count // fixed if size == -1 else size for size in wanted)
    operation.require(math.prod(wanted) == count)
    return [wanted]


def _squeeze(operation: Operation) -> list[Shape]:
    read = operation.shape(0)
    axes = {operation.axis(axis, len(read)) for axis in operation.list_option("SqueezeDims")}
    operation.require(all(read[axis] == 1 for axis in axes))
    dropped = axes or {axis for axis, size in enumerate(read) if size == 1}
    return [tuple(size for axis, size in enumerate(read) if axis not in dropped)]


def _expand_dims(operation: Operation) -> list[Shape]:
    read = operation.shape(0)
    axis = operation.axis(operation.number(1), len(read) + 1)
    return [(*read[:axis], 1, *read[axis:])]


def _transpose(operation: Operation) -> list[Shape]:
    read, order = operation.shape(0), operation.numbers(1)
    order = tuple(operation.axis(axis, len(read)) for axis in order)
    operation.require(sorted(order) == list(range(len(read))))
    return [tuple(read[axis] for axis in order)]


def _concatenation(operation: Operation) -> list[Shape]:
    shapes = [operation.shape(at) for at in range(len(operation.shapes))]
    operation.require(bool(shapes) and bool(shapes[0]))
    axis = operation.axis(operation.option("Axis"), len(shapes[0]))
    others = {(*shape[:axis], *shape[axis + 1 :]) for shape in shapes}
    operation.require(len(others) == 1 and len({len(shape) for shape in shapes}) == 1)
    return [(*shapes[0][:axis], sum(shape[axis] for shape in shapes), *shapes[0][axis + 1 :])]


def _pack(operation: Operation) -> list[Shape]:
    shapes = {operation.shape(at) for at in range(len(operation.shapes))}
    operation.require(len(shapes) == 1)
    (read,) = shapes
    axis = operation.axis(operation.option("Axis"), len(read) + 1)
    return [(*read[:axis], len(operation.shapes), *read[axis:])]


def _unpack(operation: Operation) -> list[Shape]:
    read = operation.shape(0)
    axis = operation.axis(operation.option("Axis"), len(read))
    operation.require(read[axis] == operation.outputs)
    return [(*read[:axis], *read[axis + 1 :])] * operation.outputs


def _split(operation: Operation) -> list[Shape]:
    read, parts = operation.shape(1), operation.outputs
    axis = operation.axis(operation.number(0), len(read))
    operation.require(parts > 0 and read[axis] % parts == 0)
    return [(*read[:axis], read[axis] // parts, *read[axis + 1 :])] * parts


def _split_v(operation: Operation) -> list[Shape]:
    read, sizes = operation.shape(0), operation.numbers(1)
    axis = operation.axis(operation.number(2), len(read))
    operation.require(len(sizes) == operation.outputs and sizes.count(-1) <= 1 and min(sizes, default=0) >= -1)
    rest = read[axis] - sum(size for size in sizes if size != -1)
    operation.require(rest >= 0 and (rest == 0 or -1 in sizes))
    return [(*read[:axis], rest if size == -1 else size, *read[axis + 1 :]) for size in sizes]


def slice_index(operation: Operation) -> tuple[Any, ...]:
    """The index of numpy's that is equal to a SLICE."""
    read, begin, size = operation.shape(0), operation.numbers(1), operation.numbers(2)
    operation.require(len(begin) == len(size) == len(read) and min(begin, default=0) >= 0)
    ends = [whole if part == -1 else start + part for whole, start, part in zip(read, begin, size, strict=True)]
    operation.require(all(start <= end <= whole for start, end, whole in zip(begin, ends, read, strict=True)))
    return tuple(slice(start, end) for start, end in zip(begin, ends, strict=True))


def strided_index(operation: Operation) -> tuple[Any, ...]:
    """The index of numpy's that is equal to a STRIDED_SLICE."""
    begin, end, strides = operation.numbers(1), operation.numbers(2), operation.numbers(3)
    operation.require(len(begin) == len(end) == len(strides) and 0 not in strides)
    found: list[Any] = []
    for at, (first, last, step) in enumerate(zip(begin, end, strides, strict=True)):
        masks = {name for name in ("Begin", "End", "Ellipsis", "NewAxis", "ShrinkAxis") if _bit(operation, name, at)}
        if "Ellipsis" in masks:
            found.append(...)
        elif "NewAxis" in masks:
            found.append(None)
        elif "ShrinkAxis" in masks:
            found.append(0 if "Begin" in masks else first)
        else:
            stop = first + last if operation.option("Offset") else last
            found.append(slice(None if "Begin" in masks else first, None if "End" in masks else stop, step))
    operation.require(found.count(...) <= 1)
    return tuple(found)


def _bit(operation: Operation, mask: str, at: int) -> bool:
    return bool(operation.option(f"{mask}Mask") >> at & 1)


def indexed(shape: Shape, index: tuple[Any, ...]) -> Shape:
    """The shape of what an index takes from a tensor; no memory is used."""
    try:
        found: Shape = np.broadcast_to(np.int8(0), shape)[index].shape
    except (IndexError, ValueError) as error:
        raise MisfitError from error
    return found


def _slice(operation: Operation) -> list[Shape]:
    return [indexed(operation.shape(0), slice_index(operation))]


def _strided_slice(operation: Operation) -> list[Shape]:
    return [indexed(operation.shape(0), strided_index(operation))]


def _gather(operation: Operation) -> list[Shape]:
    read, at = operation.shape(0), operation.shape(1)
    axis = operation.axis(operation.option("Axis"), len(read))
    shared = operation.option("BatchDims")
    shared = shared + len(at) if shared < 0 else shared
    operation.require(0 <= shared <= min(axis, len(at)) and read[:shared] == at[:shared])
    return [(*read[:axis], *at[shared:], *read[axis + 1 :])]


def _gather_nd(operation: Operation) -> list[Shape]:
    read, at = operation.shape(0), operation.shape(1)
    operation.require(bool(at) and at[-1] <= len(read))
    return [(*at[:-1], *read[at[-1] :])]


def _lookup(operation: Operation) -> list[Shape]:
    return [(*operation.shape(0, 1), *operation.shape(1)[1:])]


def reduced_axes(operation: Operation) -> tuple[int, ...]:
    """The axes over which a reduction goes."""
    rank = len(operation.shape(0))
    return tuple(sorted({operation.axis(axis, rank) for axis in operation.numbers(1)}))


def _reduce(operation: Operation) -> list[Shape]:
    read, axes = operation.shape(0), reduced_axes(operation)
    if operation.option("KeepDims"):
        return [tuple(1 if axis in axes else size for axis, size in enumerate(read))]
    return [tuple(size for axis, size in enumerate(read) if axis not in axes)]


def _arg(operation: Operation) -> list[Shape]:
    read = operation.shape(0)
    axis = operation.axis(operation.number(1), len(read))
    return [(*read[:axis], *read[axis + 1 :])]


RULES: Mapping[str, Rule] = {
    "RESHAPE": _reshape,
    "SQUEEZE": _squeeze,
    "EXPAND_DIMS": _expand_dims,
    "TRANSPOSE": _transpose,
    "CONCATENATION": _concatenation,
    "PACK": _pack,
    "UNPACK": _unpack,
    "SPLIT": _split,
    "SPLIT_V": _split_v,
    "SLICE": _slice,
    "STRIDED_SLICE": _strided_slice,
    "GATHER": _gather,
    "GATHER_ND": _gather_nd,
    "EMBEDDING_LOOKUP": _lookup,
    **dict.fromkeys(("MEAN", "SUM", "REDUCE_MAX", "REDUCE_MIN", "REDUCE_PROD", "REDUCE_ANY", "REDUCE_ALL"), _reduce),
    **dict.fromkeys(("ARG_MAX", "ARG_MIN"), _arg),
}
