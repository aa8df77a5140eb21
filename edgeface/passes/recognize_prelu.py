"""Recognize PReLU where it is spelled by its parts, as converters do that lack it."""

from __future__ import annotations

import numpy as np

from edgeface.graph.ir import Graph, Node
from edgeface.graph.operands import number, polynomial
from edgeface.graph.ops.activations import Clip, LeakyRelu, PRelu, Relu
from edgeface.graph.ops.arithmetic import Add, Mul, Sub
from edgeface.graph.ops.base import Op
from edgeface.graph.ops.comparison import Greater, GreaterOrEqual, Where
from edgeface.graph.ops.extremes import Max
from edgeface.graph.rewrite import Refusal, Rewrite, apply_rules
from edgeface.graph.types import Array


def recognize_prelu(graph: Graph) -> Graph:
    """The graph with max(x, 0) + a·min(x, 0), and the same in other words, as PReLU or LeakyReLU."""
    return apply_rules(graph, recognize)


def recognize(graph: Graph, node: Node) -> Rewrite | Refusal | None:
    """Fires for a sum of both halves, for the larger of x and a·x with a ≤ 1, and for a choice by x > 0."""
    if node.op.fused != "none":
        return None
    found = None
    if isinstance(node.op, Add | Sub):
        found = _sum_of_halves(graph, node)
    elif isinstance(node.op, Max) and len(node.inputs) == 2:
        found = _larger(graph, node)
    elif isinstance(node.op, Where):
        found = _chosen(graph, node)
    if found is None:
        return None
    x, slope = found
    if graph.type(x) != graph.type(node.output) or slope.dtype != np.float32:
        return Refusal("its slopes have more axes than what they multiply")
    if slope.size == 1 and slope.min() >= 0:
        return Rewrite([node], [Node(LeakyRelu(float(slope.flat[0])), (x,), node.outputs, node.origin)])
    name = f"{node.output}/slope"
    return Rewrite([node], [Node(PRelu(), (x, name), node.outputs, node.origin)], {name: slope})


def _sum_of_halves(graph: Graph, node: Node) -> tuple[str, Array] | None:
    """max(x, 0) ± c·half, where half is min(x, 0) or max(−x, 0)."""
    orders = [node.inputs] if isinstance(node.op, Sub) else [node.inputs, node.inputs[::-1]]
    for above, below in orders:
        relu, scaled = graph.producers.get(above), _scaled(graph, below)
        if relu is None or scaled is None or not _is(relu, Relu(), Clip(low=0.0)):
            continue
        x, (half, factor) = relu.inputs[0], scaled
        inner = graph.producers.get(half)
        if inner is None:
            continue
        sign = -1.0 if isinstance(node.op, Sub) else 1.0
        if _is(inner, Clip(high=0.0)) and inner.inputs[0] == x:
            return x, np.float32(sign) * factor
        if _is(inner, Relu(), Clip(low=0.0)) and polynomial(graph, inner.inputs[0], {x}) == {(x,): -1.0}:
            return x, np.float32(-sign) * factor
    return None


def _larger(graph: Graph, node: Node) -> tuple[str, Array] | None:
    for x, other in (node.inputs, node.inputs[::-1]):
        scaled = _scaled(graph, other)
        if scaled is not None and scaled[0] == x and (scaled[1] <= 1).all():
            return x, scaled[1]
    return None


def _chosen(graph: Graph, node: Node) -> tuple[str, Array] | None:
    condition, x, other = node.inputs
    test, scaled = graph.producers.get(condition), _scaled(graph, other)
    if test is None or scaled is None or not isinstance(test.op, Greater | GreaterOrEqual):
        return None
    return scaled if test.inputs[0] == scaled[0] == x and number(graph, test.inputs[1]) == 0 else None


def _scaled(graph: Graph, name: str) -> tuple[str, Array] | None:
    """The value and the constants of a product."""
    node = graph.producers.get(name)
    if node is None or not isinstance(node.op, Mul) or node.op.fused != "none":
        return None
    for value, other in (node.inputs, node.inputs[::-1]):
        data = graph.constant(other)
        if data is not None and graph.constant(value) is None and graph.type(value) == graph.type(name):
            return value, data
    return None


def _is(node: Node, *ops: Op) -> bool:
    return node.op in ops
