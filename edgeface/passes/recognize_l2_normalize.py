"""Recognize vectors that are divided by their length, in all the ways that exporters write it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from edgeface.graph.ir import Graph, Node
from edgeface.graph.operands import with_number
from edgeface.graph.ops.activations import Clip
from edgeface.graph.ops.arithmetic import Add, Div, Mul
from edgeface.graph.ops.functions import Reciprocal, Sqrt
from edgeface.graph.ops.l2_normalize import L2Normalize
from edgeface.graph.ops.reduction import Reduce, ReduceL2, ReduceSum, ReduceSumSquare
from edgeface.graph.ops.tile import Tile
from edgeface.graph.rewrite import Refusal, Rewrite, apply_rules

MAX_DEPTH = 8
"""Nodes between a length and its use."""

NO_LENGTH = 1e-7
"""Added to a length it changes nothing: float32 has no digit for it beside the lengths of embeddings."""


def recognize_l2_normalize(graph: Graph) -> Graph:
    """The graph with x/‖x‖ as one op."""
    return apply_rules(graph, recognize)


@dataclass(frozen=True)
class _Length:
    """How a value is a length, or the square of one: of `of`, along an axis, with bounds as L2Normalize has them."""

    of: str
    axis: int
    squared: bool = False
    epsilon: float = 0.0
    added: float = 0.0


def recognize(graph: Graph, node: Node) -> Rewrite | Refusal | None:
    """Fires for x divided by its length, or multiplied by the reciprocal."""
    if not isinstance(node.op, Div | Mul) or node.op.fused != "none":
        return None
    orders = (node.inputs,) if isinstance(node.op, Div) else (node.inputs, node.inputs[::-1])
    for x, other in orders:
        divisor = other if isinstance(node.op, Div) else _inverse(graph, other)
        length = None if divisor is None else _length(graph, divisor)
        if length is not None and length.squared:
            return None
        if length is not None and length.of == x and graph.type(x) == graph.type(node.output):
            op = L2Normalize(length.axis, max(length.epsilon, 1e-12), length.added)
            return Rewrite([node], [Node(op, (x,), node.outputs, node.origin)])
        if length is not None:
            return Refusal("what it divides is another value than the one whose length it takes")
    return None


def _inverse(graph: Graph, name: str) -> str | None:
    """What a value is the reciprocal of."""
    node = graph.producers.get(name)
    return node.inputs[0] if node is not None and isinstance(node.op, Reciprocal) else None


def _length(graph: Graph, name: str, depth: int = MAX_DEPTH) -> _Length | None:
    """The length that a value is, or the square of one: behind bounds, small addends and copies along the axis."""
    node = graph.producers.get(name)
    if node is None or node.op.fused != "none" or depth == 0:
        return None
    if isinstance(node.op, Reduce):
        return _reduced(graph, node)
    if not isinstance(node.op, Clip | Sqrt | Tile | Add):
        return None
    given = with_number(graph, node) if isinstance(node.op, Add) else (node.inputs[0], 0.0)
    found = None if given is None else _length(graph, given[0], depth - 1)
    return None if given is None or found is None else _after(node, found, given[1])


def _after(node: Node, found: _Length, addend: float) -> _Length | None:
    """What a node makes of a length."""
    op = node.op
    if isinstance(op, Clip) and op.low >= 0 and op.high == float("inf"):
        return replace(found, epsilon=max(found.epsilon, op.low**0.5 if found.squared else op.low))
    if isinstance(op, Sqrt) and found.squared:
        return replace(found, squared=False)
    if isinstance(op, Tile):  # an Expand: copies along the axis that was reduced
        return found
    if not isinstance(op, Add) or addend < 0 or found.epsilon > 0:
        return None
    if found.squared:
        return replace(found, added=found.added + addend)
    return found if addend <= NO_LENGTH else None


def _reduced(graph: Graph, node: Node) -> _Length | None:
    """The length, or its square, that a reduction along one axis computes, which it keeps."""
    op, x = node.op, node.inputs[0]
    if not isinstance(op, Reduce) or len(op.axes) != 1 or not op.keepdims:
        return None
    square = graph.producers.get(x)
    if isinstance(op, ReduceSum) and square is not None and _is_square(square):
        return _Length(square.inputs[0], op.axes[0], squared=True)
    if isinstance(op, ReduceL2 | ReduceSumSquare):
        return _Length(x, op.axes[0], squared=isinstance(op, ReduceSumSquare))
    return None


def _is_square(node: Node) -> bool:
    return isinstance(node.op, Mul) and node.op.fused == "none" and node.inputs[0] == node.inputs[1]
