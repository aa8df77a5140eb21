"""Operators that move data: RESHAPE, SLICE, PAD, and transposes that cost nothing after layout assignment."""

from __future__ import annotations

from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from edgeface.backends.tflite.emitter import Emitter
from edgeface.backends.tflite.layout import physical_shape
from edgeface.graph.ir import Node
from edgeface.graph.ops.base import Op
from edgeface.graph.ops.shape import Pad, Reshape, Slice, Transpose


def lower_reshape(emitter: Emitter, node: Node) -> None:
    """RESHAPE; the elements stay where they are in memory, in logical order or in one that survives."""
    assert isinstance(node.op, Reshape)
    made = physical_shape(emitter.graph.type(node.output), emitter.orders[node.output])
    options = schema.ReshapeOptionsT()
    options.newShape = np.array(made, np.int32)
    shape = emitter.constant(f"shape {made}", np.array(made, np.int32))
    emitter.emit("RESHAPE", [emitter.read_bytes(node), shape], [emitter.result(node)], options)


def lower_transpose(emitter: Emitter, node: Node) -> None:
    """An alias: the layout renamed the axes, so the result is the input's tensor."""
    emitter.alias(node.output, node.inputs[0])


def lower_slice(emitter: Emitter, node: Node) -> None:
    """SLICE by begin and size."""
    assert isinstance(node.op, Slice)
    order = emitter.orders[node.output]
    begin = np.array([node.op.starts[a] for a in order], np.int32)
    size = np.array([node.op.ends[a] - node.op.starts[a] for a in order], np.int32)
    inputs = [
        emitter.read(node, 0),
        emitter.constant(f"begin {begin.tolist()}", begin),
        emitter.constant(f"size {size.tolist()}", size),
    ]
    version = 2 if emitter.is_int8(node) else 1
    emitter.emit("SLICE", inputs, [emitter.result(node)], schema.SliceOptionsT(), version)


def lower_pad(emitter: Emitter, node: Node) -> None:
    """PAD with zeros."""
    assert isinstance(node.op, Pad)
    rank = len(node.op.pads) // 2
    pads = [(node.op.pads[a], node.op.pads[a + rank]) for a in emitter.orders[node.output]]
    table = emitter.constant(f"pads {pads}", np.array(pads, np.int32))
    version = 2 if emitter.is_int8(node) else 1
    emitter.emit("PAD", [emitter.read(node, 0), table], [emitter.result(node)], schema.PadOptionsT(), version)


LOWERINGS: dict[type[Op], Any] = {
    Reshape: lower_reshape,
    Transpose: lower_transpose,
    Slice: lower_slice,
    Pad: lower_pad,
}
