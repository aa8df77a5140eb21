"""Element-wise functions, comparisons and choices, computed in float."""

from __future__ import annotations

from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from edgeface.backends.tflite.emitter import Emitter
from edgeface.errors import GraphError
from edgeface.graph.ir import Node
from edgeface.graph.ops import comparison as truth
from edgeface.graph.ops import functions as fn
from edgeface.graph.ops.base import Op
from edgeface.graph.ops.extremes import Max, Min
from edgeface.graph.ops.power import Pow
from edgeface.graph.ops.smooth_activations import Elu, Gelu

_OPERATORS: dict[type[Op], tuple[str, Any]] = {
    fn.Exp: ("EXP", schema.ExpOptionsT),
    fn.Log: ("LOG", None),
    fn.Sqrt: ("SQRT", None),
    fn.Neg: ("NEG", schema.NegOptionsT),
    fn.Abs: ("ABS", schema.AbsOptionsT),
    fn.Floor: ("FLOOR", None),
    fn.Ceil: ("CEIL", None),
    fn.Round: ("ROUND", None),
    Elu: ("ELU", None),
    Max: ("MAXIMUM", schema.MaximumMinimumOptionsT),
    Min: ("MINIMUM", schema.MaximumMinimumOptionsT),
    truth.Greater: ("GREATER", schema.GreaterOptionsT),
    truth.GreaterOrEqual: ("GREATER_EQUAL", schema.GreaterEqualOptionsT),
    truth.Less: ("LESS", schema.LessOptionsT),
    truth.LessOrEqual: ("LESS_EQUAL", schema.LessEqualOptionsT),
    truth.Equal: ("EQUAL", schema.EqualOptionsT),
    truth.And: ("LOGICAL_AND", schema.LogicalAndOptionsT),
    truth.Or: ("LOGICAL_OR", schema.LogicalOrOptionsT),
    truth.Not: ("LOGICAL_NOT", schema.LogicalNotOptionsT),
    truth.Where: ("SELECT_V2", schema.SelectV2OptionsT),
}


def lower_pointwise(emitter: Emitter, node: Node) -> None:
    """One operator on all inputs."""
    _refuse_integers(emitter, node)
    name, options = _OPERATORS[type(node.op)]
    inputs = [emitter.read(node, index) for index in range(len(node.inputs))]
    emitter.emit(name, inputs, [emitter.result(node)], options and options())


def lower_gelu(emitter: Emitter, node: Node) -> None:
    """GELU, exact or approximate."""
    assert isinstance(node.op, Gelu)
    _refuse_integers(emitter, node)
    options = schema.GeluOptionsT()
    options.approximate = node.op.approximate == "tanh"
    emitter.emit("GELU", [emitter.read(node, 0)], [emitter.result(node)], options)


def lower_pow(emitter: Emitter, node: Node) -> None:
    """POW; an exponent that ONNX stores as an integer becomes a float."""
    _refuse_integers(emitter, node)
    data = emitter.graph.constant(node.inputs[1])
    if data is None:
        exponent = emitter.read(node, 1)
    elif data.size == 1:
        exponent = emitter.constant(f"exponent {data.item()}", np.array(data.item(), np.float32))
    else:
        exponent = emitter.broadcast_constant(node, node.inputs[1], data.dtype.name)
    emitter.emit("POW", [emitter.read(node, 0), exponent], [emitter.result(node)], schema.PowOptionsT())


def _refuse_integers(emitter: Emitter, node: Node) -> None:
    """Refuse a plan that computes in int8 what has no int8 form; `state_precision` never makes one."""
    if emitter.is_int8(node):
        what = f"int8 {type(node.op).__name__} has no TFLite lowering"
        raise GraphError(what, where=str(node), fix="keep it in float in the recipe")


LOWERINGS: dict[type[Op], Any] = {**dict.fromkeys(_OPERATORS, lower_pointwise), Gelu: lower_gelu, Pow: lower_pow}
