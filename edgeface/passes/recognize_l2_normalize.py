"""Recognize vectors that are divided by their length, in all the ways that exporters write it."""

from __future__ import annotations

from dataclasses import dataclass

from edgeface.graph.ir import Graph, Node
from edgeface.graph.operands import with_number
from edgeface.graph.ops.activations import Clip
from edgeface.graph.ops.arithmetic import Add, Div, Mul
from edgeface.graph.ops.functions import Reciprocal, Sqrt
from edgeface.graph.ops.l2_normalize import L2Normalize
from edgeface.graph.ops.reduction import Reduce, ReduceL2, ReduceSum, ReduceSumSquare
from edgeface.graph.ops.tile import Tile
from edgeface.graph.rewrite import Refusal, Rewrite, apply_rules

MAX_EPSILON = 1e-5
"""An addend below it changes no embedding: their lengths are 1 or more."""


def recognize_l2_normalize(graph: Graph) -> Graph:
    """The graph with x/‖x‖ as one op."""
    return apply_rules(graph, recognize)


@dataclass(frozen=True)
class _Length:
    """The length of a value along an axis, at least epsilon."""

    of: str
    axis: int
    epsilon: float


def recognize(graph: Graph, node: Node) -> Rewrite | Refusal | None:
    """Fires for x divided by its length, or multiplied by the reciprocal."""
    if not isinstance(node.op, Div | Mul) or node.op.fused != "none":
        return None
    orders = (node.inputs,) if isinstance(node.op, Div) else (node.inputs, node.inputs[::-1])
    for x, other in orders:
        divisor = other if isinstance(node.op, Div) else _inverse(graph, other)
        length = None if divisor is None else _length(graph, divisor)
        if length is not None and length.of == x and graph.type(x) == graph.type(node.output):
            op = L2Normalize(length.axis, length.epsilon)
            return Rewrite([node], [Node(op, (x,), node.outputs, node.origin)])
        if length is not None:
            return Refusal("what it divides is another value than the one whose length it takes")
    return None


def _inverse(graph: Graph, name: str) -> str | None:
    """What a value is the reciprocal of."""
    node = graph.producers.get(name)
    return node.inputs[0] if node is not None and isinstance(node.op, Reciprocal) else None


def _length(graph: Graph, name: str, epsilon: float = 0.0, squared: bool = False) -> _Length | None:
    """The length that a value is, or whose square it is, behind bounds, small addends and copies along the axis."""
    node = graph.producers.get(name)
    if node is None or node.op.fused != "none":
        return None
    op = node.op
    if isinstance(op, Clip) and 0 <= op.low <= MAX_EPSILON and op.high == float("inf"):
        return _length(graph, node.inputs[0], max(epsilon, _root(op.low, squared)), squared)
    if isinstance(op, Add) and (found := with_number(graph, node)) and 0 < found[1] <= MAX_EPSILON:
        return _length(graph, found[0], max(epsilon, _root(found[1], squared)), squared)
    if isinstance(op, Sqrt) and not squared:
        return _length(graph, node.inputs[0], epsilon, squared=True)
    if isinstance(op, Tile):  # an Expand: copies along the axis that was reduced
        return _length(graph, node.inputs[0], epsilon, squared)
    return _reduced(graph, node, epsilon, squared)


def _root(bound: float, squared: bool) -> float:
    return float(bound**0.5) if squared else bound


def _reduced(graph: Graph, node: Node, epsilon: float, squared: bool) -> _Length | None:
    """The length that a reduction along one axis, which it keeps, computes."""
    op, x = node.op, node.inputs[0]
    if not isinstance(op, Reduce) or len(op.axes) != 1 or not op.keepdims:
        return None
    square = graph.producers.get(x)
    if squared and isinstance(op, ReduceSum):
        of = square.inputs[0] if square is not None and _is_square(square) else None
    else:
        of = x if isinstance(op, ReduceSumSquare if squared else ReduceL2) else None
    return None if of is None else _Length(of, op.axes[0], max(epsilon, 1e-12))


def _is_square(node: Node) -> bool:
    return isinstance(node.op, Mul) and node.op.fused == "none" and node.inputs[0] == node.inputs[1]
