"""Layers that only move numbers: Reshape, Permute, Crop, Padding, Concat, Tile, and blocks of pixels."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

from edgeface.backends.ncnn.blobs import MAX_AXES, blob_axis, has_batch
from edgeface.backends.ncnn.emitter import Emitter
from edgeface.backends.ncnn.permute_orders import permute_order
from edgeface.errors import GraphError
from edgeface.graph.ir import Node
from edgeface.graph.ops.arithmetic import Concat
from edgeface.graph.ops.base import normal_axis
from edgeface.graph.ops.blocks import DepthToSpace, SpaceToDepth
from edgeface.graph.ops.constant_pad import ConstantPad
from edgeface.graph.ops.shape import Pad, Reshape, Slice, Transpose
from edgeface.graph.ops.tile import Tile


def lower_reshape(emitter: Emitter, node: Node) -> None:
    """Reshape: the blob's numbers are in logical order."""
    source = emitter.read(node.inputs[0], emitter.shape(node.inputs[0]))
    emitter.result_in_shape(node, source)


def lower_transpose(emitter: Emitter, node: Node) -> None:
    """Permute of the axes that are longer than one, neighbours that stay together taken as one axis."""
    op = node.op
    assert isinstance(op, Transpose)
    shape = emitter.graph.type(node.inputs[0]).shape
    if has_batch(shape) and op.perm[0] == 0 and len(shape) - 1 <= MAX_AXES:
        kept, perm = shape[1:], [axis - 1 for axis in op.perm[1:]]
    else:
        kept, perm = merged_axes(shape, op.perm)
    if perm == sorted(perm):
        emitter.result_in_shape(node, emitter.read(node.inputs[0]))
        return
    if len(perm) > MAX_AXES:
        raise GraphError(
            f"ncnn cannot transpose {len(perm)} axes", where=str(node), fix="transpose fewer axes at a time"
        )
    source = emitter.read(node.inputs[0], kept)
    shape = tuple(kept[axis] for axis in perm)
    emitter.result(node, "Permute", (source,), {0: permute_order(perm)}, shape=shape)


def merged_axes(shape: Sequence[int], perm: Sequence[int]) -> tuple[tuple[int, ...], list[int]]:
    """Sizes and order of the fewest axes that a permutation moves."""
    order = [axis for axis in perm if shape[axis] != 1]
    groups: list[list[int]] = []
    for axis in order:
        last = groups[-1][-1] if groups else None
        between = () if last is None else range(last + 1, axis)
        if last is not None and axis > last and all(shape[i] == 1 for i in between):
            groups[-1].append(axis)
        else:
            groups.append([axis])
    ranked = sorted(range(len(groups)), key=lambda i: groups[i][0])
    sizes = tuple(math.prod(shape[axis] for axis in groups[i]) for i in ranked)
    return sizes, [ranked.index(i) for i in range(len(groups))]


def lower_slice(emitter: Emitter, node: Node) -> None:
    """Crop of the axes that get shorter."""
    op = node.op
    assert isinstance(op, Slice)
    shape = emitter.graph.type(node.inputs[0]).shape
    blob = emitter.shape(node.inputs[0])
    cut = [i for i, size in enumerate(shape) if (op.starts[i], op.ends[i]) != (0, size)]
    if len(shape) - has_batch(shape) != len(blob) and len(cut) == 1:
        blob, cut_blob = _around(shape, cut[0]), [1]
    else:
        cut_blob = [blob_axis(shape, axis) for axis in cut]
    if not cut:
        emitter.result_in_shape(node, emitter.read(node.inputs[0]))
        return
    require_axes(node, cut_blob, blob)
    starts, ends = (tuple(bounds[axis] for axis in cut) for bounds in (op.starts, op.ends))
    made = list(blob)
    for axis, start, end in zip(cut_blob, starts, ends, strict=True):
        made[axis] = end - start
    source = emitter.read(node.inputs[0], blob)
    emitter.result(node, "Crop", (source,), {9: starts, 10: ends, 11: tuple(cut_blob)}, shape=made)


def _around(shape: Sequence[int], axis: int) -> tuple[int, int, int]:
    """Three axes: all before one, that one, all behind it."""
    return math.prod(shape[:axis]), shape[axis], math.prod(shape[axis + 1 :])


def require_axes(node: Node, axes: Sequence[int], blob: Sequence[int]) -> None:
    """Refuse axes that a blob does not have.

    Raises:
        GraphError: one is outside.
    """
    if any(not 0 <= axis < len(blob) for axis in axes):
        raise GraphError(
            "ncnn's blobs have no such axis: four at most, without the batch", where=str(node), fix="use fewer axes"
        )


def lower_pad(emitter: Emitter, node: Node) -> None:
    """Padding of up to three axes, as those of an image."""
    op = node.op
    assert isinstance(op, Pad | ConstantPad)
    shape = emitter.graph.type(node.inputs[0]).shape
    rank, value = len(shape), op.value if isinstance(op, ConstantPad) else 0.0
    pads = [(op.pads[i], op.pads[i + rank]) for i in range(rank)]
    groups = [list(group) for _, group in itertools.groupby(range(rank), key=lambda i: i if any(pads[i]) else -1)]
    while len(groups) > 3 and len(groups[0]) == 1 and shape[groups[0][0]] == 1 and not any(pads[groups[0][0]]):
        groups = groups[1:]
    if len(groups) > 3:
        raise GraphError("ncnn pads three neighbouring axes at most", where=str(node), fix="pad fewer axes at a time")
    sizes = [1] * (3 - len(groups)) + [math.prod(shape[i] for i in group) for group in groups]
    ends = [(0, 0)] * (3 - len(groups)) + [pads[group[0]] for group in groups]
    (front, behind), (top, bottom), (left, right) = ends
    params = {0: top, 1: bottom, 2: left, 3: right, 5: float(value), 7: front, 8: behind}
    made = [size + sum(end) for size, end in zip(sizes, ends, strict=True)]
    emitter.result(node, "Padding", (emitter.read(node.inputs[0], sizes),), params, shape=made)


def lower_concat(emitter: Emitter, node: Node) -> None:
    """Concat, along a batch too: its operands are then read with theirs."""
    op = node.op
    assert isinstance(op, Concat)
    shape = emitter.graph.type(node.output).shape
    axis, dropped = normal_axis(op.axis, len(shape)), has_batch(shape)
    shapes = [emitter.graph.type(name).shape[dropped:] for name in node.inputs]
    axis -= dropped
    if len(shape) - dropped > MAX_AXES:
        shapes = [_around(each, axis) for each in shapes]
        axis = 1
    made = list(shapes[0])
    made[axis] = sum(each[axis] for each in shapes)
    reads = [emitter.read(name, each) for name, each in zip(node.inputs, shapes, strict=True)]
    if len(reads) == 1:
        emitter.result_in_shape(node, reads[0])
        return
    emitter.result(node, "Concat", reads, {0: axis}, shape=made)


def lower_tile(emitter: Emitter, node: Node) -> None:
    """Tile along one axis after another."""
    op = node.op
    assert isinstance(op, Tile)
    shape = list(emitter.graph.type(node.inputs[0]).shape)
    blob = emitter.read(node.inputs[0])
    for axis, times in enumerate(op.repeats):
        if times > 1:
            source = emitter.reshape(blob, _around(shape, axis))
            blob = emitter.step("Tile", (source,), {0: 1, 1: times})
            shape[axis] *= times
    emitter.result_in_shape(node, blob)


def lower_depth_to_space(emitter: Emitter, node: Node) -> None:
    """PixelShuffle, with channels counting last."""
    assert isinstance(node.op, DepthToSpace)
    emitter.result(node, "PixelShuffle", (emitter.read(node.inputs[0]),), {0: node.op.block, 1: 1})


def lower_space_to_depth(emitter: Emitter, node: Node) -> None:
    """Reorg, with channels counting last."""
    assert isinstance(node.op, SpaceToDepth)
    emitter.result(node, "Reorg", (emitter.read(node.inputs[0]),), {0: node.op.block, 1: 1})


LOWERINGS = {
    Reshape: lower_reshape,
    Transpose: lower_transpose,
    Slice: lower_slice,
    Pad: lower_pad,
    ConstantPad: lower_pad,
    Concat: lower_concat,
    Tile: lower_tile,
    DepthToSpace: lower_depth_to_space,
    SpaceToDepth: lower_space_to_depth,
}
