"""MEAN, SUM, REDUCE_MAX, REDUCE_MIN and REDUCE_PROD over axes in memory order."""

from __future__ import annotations

from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from edgeface.backends.tflite.emitter import Emitter
from edgeface.backends.tflite.layout import input_order
from edgeface.errors import GraphError
from edgeface.graph.ir import Node
from edgeface.graph.ops import reduction as reduce
from edgeface.graph.ops.base import Op

_OPERATORS: dict[type[Op], str] = {
    reduce.ReduceMean: "MEAN",
    reduce.ReduceSum: "SUM",
    reduce.ReduceMax: "REDUCE_MAX",
    reduce.ReduceMin: "REDUCE_MIN",
    reduce.ReduceProd: "REDUCE_PROD",
}


def lower_reduction(emitter: Emitter, node: Node) -> None:
    """One operator; its int8 forms have version 2."""
    assert isinstance(node.op, reduce.Reduce)
    options = schema.ReducerOptionsT()
    options.keepDims = node.op.keepdims
    order = input_order(emitter.graph, node, node.inputs[0], emitter.orders)
    axes = np.array(sorted(order.index(axis) for axis in node.op.axes), np.int32)
    inputs = [emitter.read(node, 0), emitter.constant(f"axes {axes.tolist()}", axes)]
    if emitter.is_int8(node) and isinstance(node.op, reduce.ReduceMax | reduce.ReduceMin):
        _require_one_scale(emitter, node)
    version = 2 if emitter.is_int8(node) else 1
    emitter.emit(_OPERATORS[type(node.op)], inputs, [emitter.result(node)], options, version)


def _require_one_scale(emitter: Emitter, node: Node) -> None:
    """Refuse a plan that the int8 kernel would ignore: it copies stored numbers, whatever scale the result declares."""
    if emitter.plan.params[node.inputs[0]] != emitter.params(node.output):
        what = f"int8 {type(node.op).__name__} needs one scale for what it reads and what it makes"
        raise GraphError(what, where=str(node), fix="list the op in the scheme's same_scale")


LOWERINGS: dict[type[Op], Any] = dict.fromkeys(_OPERATORS, lower_reduction)
