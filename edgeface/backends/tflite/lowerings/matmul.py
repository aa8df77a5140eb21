"""BATCH_MATMUL and LOG_SOFTMAX."""

from __future__ import annotations

from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from edgeface.backends.tflite.emitter import Emitter
from edgeface.backends.tflite.layout import input_order, is_turned
from edgeface.errors import GraphError
from edgeface.graph.ir import Node
from edgeface.graph.ops.base import Op
from edgeface.graph.ops.matmul import MatMul
from edgeface.graph.ops.softmax import LogSoftmax


def lower_matmul(emitter: Emitter, node: Node) -> None:
    """BATCH_MATMUL; operands whose last two axes are swapped in memory are read as they are."""
    options = schema.BatchMatMulOptionsT()
    options.adjX, options.adjY = (_is_turned(emitter, node, index) for index in (0, 1))
    inputs = [_operand(emitter, node, index) for index in (0, 1)]
    emitter.emit("BATCH_MATMUL", inputs, [emitter.result(node)], options, 2 if emitter.is_int8(node) else 1)


def _is_turned(emitter: Emitter, node: Node, index: int) -> bool:
    name = node.inputs[index]
    return emitter.graph.constant(name) is None and is_turned(input_order(emitter.graph, node, name, emitter.orders))


def _operand(emitter: Emitter, node: Node, index: int) -> int:
    """A computed operand, or a constant in its own shape."""
    name = node.inputs[index]
    data = emitter.graph.constant(name)
    if data is None:
        return emitter.read(node, index)
    if not emitter.is_int8(node):
        return emitter.constant(name, np.ascontiguousarray(data))
    params = emitter.plan.params[name]
    return emitter.constant(f"{name}/int8", params.quantize(data), params)


def lower_log_softmax(emitter: Emitter, node: Node) -> None:
    """LOG_SOFTMAX along the axis that is last in memory."""
    if emitter.is_int8(node):
        raise GraphError("int8 LOG_SOFTMAX is not used", where=str(node), fix="keep it in float in the recipe")
    emitter.emit("LOG_SOFTMAX", [emitter.read(node, 0)], [emitter.result(node)], schema.LogSoftmaxOptionsT())


LOWERINGS: dict[type[Op], Any] = {MatMul: lower_matmul, LogSoftmax: lower_log_softmax}
