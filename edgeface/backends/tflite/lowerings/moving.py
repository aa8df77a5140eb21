"""Operators that choose, repeat and surround elements: GATHER, STRIDED_SLICE, TILE, PADV2."""

from __future__ import annotations

from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from edgeface.backends.tflite.emitter import Emitter
from edgeface.backends.tflite.padding import pad_with
from edgeface.graph.ir import Node
from edgeface.graph.ops.base import Op
from edgeface.graph.ops.constant_pad import ConstantPad
from edgeface.graph.ops.strided_slice import StridedSlice
from edgeface.graph.ops.take import Take
from edgeface.graph.ops.tile import Tile


def lower_take(emitter: Emitter, node: Node) -> None:
    """GATHER along the axis in memory order."""
    assert isinstance(node.op, Take)
    order = emitter.orders[node.output]
    options = schema.GatherOptionsT()
    options.axis = order.index(node.op.axis % len(order))
    indices = emitter.constant(f"{node.output}/indices", np.array(node.op.indices, np.int32))
    inputs = [emitter.read(node, 0), indices]
    emitter.emit("GATHER", inputs, [emitter.result(node)], options, 2 if emitter.is_int8(node) else 1)


def lower_strided_slice(emitter: Emitter, node: Node) -> None:
    """STRIDED_SLICE by begin, end and step."""
    assert isinstance(node.op, StridedSlice)
    order, inputs = emitter.orders[node.output], [emitter.read(node, 0)]
    for name, numbers in (("begin", node.op.starts), ("end", node.op.ends), ("step", node.op.steps)):
        table = np.array([numbers[axis] for axis in order], np.int32)
        inputs.append(emitter.constant(f"{name} {table.tolist()}", table))
    version = 2 if emitter.is_int8(node) else 1
    emitter.emit("STRIDED_SLICE", inputs, [emitter.result(node)], schema.StridedSliceOptionsT(), version)


def lower_tile(emitter: Emitter, node: Node) -> None:
    """TILE."""
    assert isinstance(node.op, Tile)
    table = np.array([node.op.repeats[axis] for axis in emitter.orders[node.output]], np.int32)
    inputs = [emitter.read(node, 0), emitter.constant(f"repeats {table.tolist()}", table)]
    emitter.emit("TILE", inputs, [emitter.result(node)], schema.TileOptionsT())


def lower_constant_pad(emitter: Emitter, node: Node) -> None:
    """PADV2."""
    assert isinstance(node.op, ConstantPad)
    rank = len(node.op.pads) // 2
    amounts = [(node.op.pads[axis], node.op.pads[axis + rank]) for axis in emitter.orders[node.output]]
    pad_with(emitter, node, emitter.read(node, 0), emitter.result(node), (amounts, node.op.value))


LOWERINGS: dict[type[Op], Any] = {
    Take: lower_take,
    StridedSlice: lower_strided_slice,
    Tile: lower_tile,
    ConstantPad: lower_constant_pad,
}
