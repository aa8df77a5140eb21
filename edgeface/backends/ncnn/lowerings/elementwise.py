"""Functions of one value, arithmetic on two, and PReLU."""

from __future__ import annotations

import math

import numpy as np

from edgeface.backends.ncnn.activations import activation_of, clip_params
from edgeface.backends.ncnn.blobs import has_batch
from edgeface.backends.ncnn.broadcasting import broadcast_shapes
from edgeface.backends.ncnn.emitter import Emitter, Lowered
from edgeface.backends.ncnn.layer import Parameter, Weight
from edgeface.errors import GraphError
from edgeface.graph.ir import Node
from edgeface.graph.operands import number
from edgeface.graph.ops.activations import Clip, HardSwish, LeakyRelu, PRelu, Relu, Sigmoid, Tanh
from edgeface.graph.ops.arithmetic import Add, Div, Mul, Sub
from edgeface.graph.ops.base import Op
from edgeface.graph.ops.extremes import Max, Min
from edgeface.graph.ops.functions import Abs, Ceil, Exp, Floor, Log, Neg, Round, Sqrt
from edgeface.graph.ops.power import Pow
from edgeface.graph.ops.smooth_activations import Elu, Gelu, HardSigmoid, Mish, Swish

_UNARY: dict[type[Op], int] = {Abs: 0, Neg: 1, Floor: 2, Ceil: 3, Sqrt: 5, Exp: 7, Log: 8, Tanh: 16, Round: 18}
_BINARY: dict[type[Op], tuple[int, int]] = {
    **{Add: (0, 0), Sub: (1, 7), Mul: (2, 2), Div: (3, 8), Max: (4, 4), Min: (5, 5), Pow: (6, 9)},
}
"""Numbers of the operation, and of the one with its operands exchanged."""


def lower_unary(emitter: Emitter, node: Node) -> None:
    """UnaryOp."""
    emitter.result(node, "UnaryOp", (emitter.read(node.inputs[0]),), {0: _UNARY[type(node.op)]})


def lower_activation(emitter: Emitter, node: Node) -> None:
    """The activation's own layer."""
    found = activation_of(node.op)
    assert found is not None
    emitter.result(node, found[0], (emitter.read(node.inputs[0]),), found[1])


def lower_other_activation(emitter: Emitter, node: Node) -> None:
    """Activations that no convolution applies."""
    op, params = node.op, dict[int, Parameter]()
    kind = type(op).__name__
    if isinstance(op, Clip):
        params = clip_params(op.low, op.high)
    elif isinstance(op, Elu):
        kind, params = "ELU", {0: op.alpha}
    elif isinstance(op, HardSigmoid):
        params = {0: op.alpha, 1: op.beta}
    elif isinstance(op, Gelu):
        kind, params = "GELU", {0: int(op.approximate == "tanh")}
    emitter.result(node, kind, (emitter.read(node.inputs[0]),), params)


def lower_binary(emitter: Emitter, node: Node) -> None:
    """BinaryOp: with a number, or of two blobs with the same axes: ncnn guesses the axes of those that have fewer."""
    forward, backward = _BINARY[type(node.op)]
    result = emitter.graph.type(node.output)
    for place, (name, other) in enumerate((node.inputs, node.inputs[::-1])):
        found = number(emitter.graph, other)
        if found is not None and emitter.graph.type(name).count == result.count and math.isfinite(found):
            source = emitter.read(name, emitter.shape(node.output))
            emitter.result(node, "BinaryOp", (source,), {0: backward if place else forward, 1: 1, 2: found})
            return
    shapes = broadcast_shapes([emitter.graph.type(name).shape for name in node.inputs])
    if shapes is None:
        raise GraphError(
            f"ncnn has no {type(node.op).__name__} of {' and '.join(str(emitter.graph.type(n)) for n in node.inputs)}",
            where=str(node),
            fix="its blobs have four axes: reshape the operands to fewer",
        )
    reads = [emitter.read(name, shape) for name, shape in zip(node.inputs, shapes, strict=True)]
    made = tuple(np.broadcast_shapes(*shapes))
    emitter.result(node, "BinaryOp", reads, {0: forward}, shape=made)


def lower_prelu(emitter: Emitter, node: Node) -> None:
    """PReLU, whose slopes are one for all or one for each channel."""
    slope, shape = emitter.constant(node, 1, "slope"), emitter.graph.type(node.inputs[0]).shape
    full = (1,) * (len(shape) - slope.ndim) + slope.shape
    channel = 1 if has_batch(shape) else 0
    if slope.size not in {1, full[channel]}:
        raise GraphError("ncnn has PReLU by channel only", where=str(node), fix="give each channel one slope")
    emitter.result(node, "PReLU", (emitter.read(node.inputs[0]),), {0: slope.size}, (Weight(slope.reshape(-1)),))


LOWERINGS: dict[type[Op], Lowered] = {
    **dict.fromkeys(_UNARY, lower_unary),
    **dict.fromkeys((Relu, LeakyRelu, Sigmoid, Mish, HardSwish), lower_activation),
    **dict.fromkeys((Clip, Elu, HardSigmoid, Gelu, Swish), lower_other_activation),
    **dict.fromkeys(_BINARY, lower_binary),
    PRelu: lower_prelu,
}
