"""Element-wise operators and concatenation."""

from __future__ import annotations

from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from edgeface.backends.tflite.emitter import Emitter
from edgeface.backends.tflite.lowerings.fused import fused_activation
from edgeface.errors import GraphError
from edgeface.graph.ir import Node
from edgeface.graph.ops.activations import Clip, HardSwish, LeakyRelu, PRelu, Relu, Sigmoid, Softmax, Tanh
from edgeface.graph.ops.arithmetic import Add, Concat, Div, Mul, Sub
from edgeface.graph.ops.base import Op

_UNARY: dict[type[Op], tuple[str, int]] = {
    Relu: ("RELU", 2),
    Sigmoid: ("LOGISTIC", 2),
    Tanh: ("TANH", 2),
    HardSwish: ("HARD_SWISH", 1),
}
_BINARY: dict[type[Op], tuple[str, Any]] = {
    Add: ("ADD", schema.AddOptionsT),
    Sub: ("SUB", schema.SubOptionsT),
    Mul: ("MUL", schema.MulOptionsT),
    Div: ("DIV", schema.DivOptionsT),
}


def lower_unary(emitter: Emitter, node: Node) -> None:
    """An operator without options."""
    name, int8_version = _UNARY[type(node.op)]
    version = int8_version if emitter.is_int8(node) else 1
    emitter.emit(name, [emitter.read(node, 0)], [emitter.result(node)], None, version)


def lower_binary(emitter: Emitter, node: Node) -> None:
    """ADD, SUB, MUL, DIV with a fused activation."""
    name, options_type = _BINARY[type(node.op)]
    if name == "DIV" and emitter.is_int8(node):
        fix = "multiply by the reciprocal, or keep it in float"
        raise GraphError("TFLite has no int8 DIV", where=str(node), fix=fix)
    options = options_type()
    options.fusedActivationFunction = fused_activation(node.op)
    inputs = [emitter.read(node, 0), emitter.read(node, 1)]
    emitter.emit(name, inputs, [emitter.result(node)], options, 2 if emitter.is_int8(node) else 1)


def lower_leaky_relu(emitter: Emitter, node: Node) -> None:
    """LEAKY_RELU."""
    assert isinstance(node.op, LeakyRelu)
    options = schema.LeakyReluOptionsT()
    options.alpha = node.op.alpha
    version = 2 if emitter.is_int8(node) else 1
    emitter.emit("LEAKY_RELU", [emitter.read(node, 0)], [emitter.result(node)], options, version)


def lower_prelu(emitter: Emitter, node: Node) -> None:
    """PRELU with the slope in the memory order of the image, without a batch: MLIR's importer refuses it with one."""
    slope = emitter.read(node, 1, without_batch=True)
    emitter.emit("PRELU", [emitter.read(node, 0), slope], [emitter.result(node)])


def lower_clip(emitter: Emitter, node: Node) -> None:
    """RELU6, or MAXIMUM and MINIMUM with constants; in int8, a scale whose integers end at the bounds."""
    assert isinstance(node.op, Clip)
    if node.op == Clip(0.0, 6.0):
        emitter.emit("RELU6", [emitter.read(node, 0)], [emitter.result(node)], None, 2 if emitter.is_int8(node) else 1)
        return
    if emitter.is_int8(node):
        _saturate(emitter, node, node.op)
        return
    x = emitter.read(node, 0)
    bounds = [(k, v) for k, v in (("MAXIMUM", node.op.low), ("MINIMUM", node.op.high)) if np.isfinite(v)]
    if not bounds:
        emitter.alias(node.output, node.inputs[0])
    for index, (kind, value) in enumerate(bounds):
        last = index == len(bounds) - 1
        shape = emitter.graph.type(node.output)
        order = emitter.orders[node.output]
        physical = tuple(shape.shape[axis] for axis in order)
        out = emitter.result(node) if last else emitter.scratch(node.output, kind.lower(), physical, None)
        bound = emitter.constant(f"bound {value}", np.array(value, np.float32))
        emitter.emit(kind, [x, bound], [out], schema.MaximumMinimumOptionsT())
        x = out


def _saturate(emitter: Emitter, node: Node, op: Clip) -> None:
    """QUANTIZE to the result's scale, whose integers end where the clip does (`quantize.build_plan`)."""
    if not op.low <= 0 <= op.high:
        fix = "keep it in float in the recipe"
        raise GraphError("int8 Clip to a range without 0 has no TFLite lowering", where=str(node), fix=fix)
    emitter.emit("QUANTIZE", [emitter.read(node, 0)], [emitter.result(node)], schema.QuantizeOptionsT())


def lower_softmax(emitter: Emitter, node: Node) -> None:
    """SOFTMAX, which TFLite supports on the last axis only."""
    assert isinstance(node.op, Softmax)
    rank = emitter.graph.type(node.output).rank
    if emitter.orders[node.output][-1] != node.op.axis % rank:
        fix = "move the axis last in the model"
        raise GraphError("TFLite's SOFTMAX works along the last axis in memory", where=str(node), fix=fix)
    options = schema.SoftmaxOptionsT()
    options.beta = 1.0
    emitter.emit("SOFTMAX", [emitter.read(node, 0)], [emitter.result(node)], options, 2 if emitter.is_int8(node) else 1)


def lower_concat(emitter: Emitter, node: Node) -> None:
    """CONCATENATION along the axis in memory order."""
    assert isinstance(node.op, Concat)
    order = emitter.orders[node.output]
    options = schema.ConcatenationOptionsT()
    options.axis = order.index(node.op.axis % len(order))
    options.fusedActivationFunction = schema.ActivationFunctionType.NONE
    inputs = [_joined(emitter, node, i) for i in range(len(node.inputs))]
    emitter.emit("CONCATENATION", inputs, [emitter.result(node)], options, 2 if emitter.is_int8(node) else 1)


def _joined(emitter: Emitter, node: Node, index: int) -> int:
    """An input of a CONCATENATION; in int8 a constant takes the result's scale, as the kernel requires."""
    name, params = node.inputs[index], emitter.params(node.output)
    if params is None or emitter.graph.constant(name) is None:
        return emitter.read(node, index)
    order = emitter.orders[node.output]
    data = emitter.array(name).transpose(order)
    return emitter.constant(f"{name} in {node.output}", params.quantize(data), params)


LOWERINGS: dict[type[Op], Any] = {
    **dict.fromkeys(_UNARY, lower_unary),
    **dict.fromkeys(_BINARY, lower_binary),
    LeakyRelu: lower_leaky_relu,
    PRelu: lower_prelu,
    Clip: lower_clip,
    Softmax: lower_softmax,
    Concat: lower_concat,
}
