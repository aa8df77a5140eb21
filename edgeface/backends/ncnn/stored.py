"""Which nodes ncnn computes in integers, and which values its layers hand on as integers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from edgeface.backends.ncnn.activations import CLIP, LEAKY, RELU, Activation, fuse_activations
from edgeface.graph.ir import Graph, Node
from edgeface.graph.ops.conv import Conv, Gemm
from edgeface.quantize.plan import QuantPlan, Stated

_REQUANTIZED = {RELU, LEAKY, CLIP}
"""Activations that a convolution applies before it rounds its result."""
_SHIFTED = {RELU, CLIP}
"""Those of them that saturation can replace, since all numbers beyond a bound become that bound."""


@dataclass(frozen=True)
class Stored:
    """A value that a convolution makes as integers.

    Attributes:
        value: behind the activation that the convolution applies.
        shifts: whether its zero may be any integer. The convolution subtracts it with its bias, so no activation may
            follow that bends the numbers instead of cutting them off.
    """

    value: str
    shifts: bool


def in_integers(graph: Graph, node: Node, plan: QuantPlan) -> bool:
    """Whether ncnn computes a node in int8: a planned convolution, dense or depthwise, or a product with one row."""
    weight = graph.constant(node.inputs[1]) if isinstance(node.op, Conv | Gemm) else None
    if weight is None or plan.dtype(node.output) != "int8" or node.inputs[0] not in plan.params:
        return False
    if len(node.inputs) > 2 and graph.constant(node.inputs[2]) is None:
        return False
    if isinstance(node.op, Gemm):
        return math.prod(graph.type(node.inputs[0]).shape[:-1]) == 1
    assert isinstance(node.op, Conv)
    return node.op.groups == 1 or (node.op.is_depthwise(weight.shape) and len(weight) == node.op.groups)


def stored_values(graph: Graph, plan: QuantPlan, fused: Mapping[str, Activation]) -> dict[str, Stored]:
    """The values that are handed on as integers, by the output of the convolution that makes them.

    Those are the ones that only integer convolutions read: all other layers compute in float.

    Args:
        graph: the graph to emit.
        plan: of its values.
        fused: the activations that nodes' layers apply, by the nodes' outputs.
    """
    found: dict[str, Stored] = {}
    for node in graph.nodes:
        if not isinstance(node.op, Conv) or not in_integers(graph, node, plan):
            continue
        activation = fused.get(node.output)
        value = node.output if activation is None else activation.makes
        number = 0 if activation is None else activation.number
        readers = graph.consumers[value]
        integer = all(isinstance(each.op, Conv) and in_integers(graph, each, plan) for each in readers)
        if not readers or not integer or value in graph.outputs or number not in {0, *_REQUANTIZED}:
            continue
        if value in plan.params:
            found[node.output] = Stored(value, number == 0 or number in _SHIFTED)
    return found


def leave_slow_in_float(graph: Graph, plan: QuantPlan) -> QuantPlan:
    """The plan with depthwise convolutions in float where ncnn's integer kernels for them are slow.

    They are quick only for integers made behind a ReLU or a clip that saturation replaces. Counted on an emulated
    Cortex-A72, 32 channels of 60×80: float 1.7 ms, such integers 2.0 with both roundings, float numbers from int8 12.3.
    """
    fused = fuse_activations(graph)[0]
    while True:
        handed = stored_values(graph, plan, fused)
        slow = [
            node.output
            for node in graph.nodes
            if isinstance(node.op, Conv)
            and node.op.groups > 1
            and in_integers(graph, node, plan)
            and not (node.output in handed and handed[node.output].shifts)
        ]
        if not slow:
            return plan
        plan = replace(plan, stated={**plan.stated, **dict.fromkeys(slow, _SLOW)})


_SLOW = Stated("float32", "ncnn's int8 kernels for depthwise convolutions are slow unless they hand on integers")
