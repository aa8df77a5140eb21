"""Simplify powers, quotients, comparisons with constants and x·sigmoid(x) to ops that every target computes fast."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from edgeface.graph.ir import Graph, Node
from edgeface.graph.operands import number, with_number
from edgeface.graph.ops.activations import Clip, Relu, Sigmoid
from edgeface.graph.ops.arithmetic import Div, Mul
from edgeface.graph.ops.extremes import Max, Min
from edgeface.graph.ops.functions import Reciprocal, Sqrt
from edgeface.graph.ops.power import Pow
from edgeface.graph.ops.smooth_activations import Swish
from edgeface.graph.rewrite import Refusal, Rewrite, apply_rules


def simplify_arithmetic(graph: Graph) -> Graph:
    """The graph with small powers as products and roots, x/c as a product, and Max and Min of x and c as Clip."""
    return apply_rules(graph, expand_power, multiply, clip, merge_clips, spell_swish)


def expand_power(graph: Graph, node: Node) -> Rewrite | Refusal | None:
    """Fires for the exponents −1, −½, ½, 1, 2 and 3."""
    if not isinstance(node.op, Pow):
        return None
    exponent = number(graph, node.inputs[1])
    if exponent not in _POWERS or graph.type(node.inputs[0]) != graph.type(node.output):
        return Refusal("its exponent is computed, or has no form that is simpler")
    return Rewrite([node], _POWERS[exponent](node.inputs[0], node))


def _square_root(x: str, node: Node, inverse: bool) -> list[Node]:
    if not inverse:
        return [Node(Sqrt(), (x,), node.outputs, node.origin)]
    root = f"{node.output}/root"
    return [Node(Sqrt(), (x,), (root,), node.origin), Node(Reciprocal(), (root,), node.outputs, node.origin)]


def _cube(x: str, node: Node) -> list[Node]:
    square = f"{node.output}/square"
    return [Node(Mul(), (x, x), (square,), node.origin), Node(Mul(), (square, x), node.outputs, node.origin)]


_POWERS: dict[float | None, Callable[[str, Node], list[Node]]] = {
    -1.0: lambda x, node: [Node(Reciprocal(), (x,), node.outputs, node.origin)],
    -0.5: lambda x, node: _square_root(x, node, inverse=True),
    0.5: lambda x, node: _square_root(x, node, inverse=False),
    2.0: lambda x, node: [Node(Mul(), (x, x), node.outputs, node.origin)],
    3.0: _cube,
}


def multiply(graph: Graph, node: Node) -> Rewrite | Refusal | None:
    """Fires for a value divided by constants: integer kernels multiply, but do not divide."""
    if not isinstance(node.op, Div):
        return None
    divisor = graph.constant(node.inputs[1])
    if divisor is None:
        return Refusal("its divisor is computed")
    with np.errstate(divide="ignore", over="ignore"):
        factor = (1 / divisor.astype(np.float64)).astype(np.float32)
    if divisor.dtype != np.float32 or not np.isfinite(factor).all():
        return Refusal("a divisor has no reciprocal in float32")
    name = f"{node.inputs[1]}/reciprocal"
    product = Node(Mul(node.op.activation), (node.inputs[0], name), node.outputs, node.origin)
    return Rewrite([node], [product], {name: factor})


def clip(graph: Graph, node: Node) -> Rewrite | Refusal | None:
    """Fires for the larger or smaller one of a value and a number."""
    if not isinstance(node.op, Max | Min):
        return None
    found = with_number(graph, node)
    if found is None:
        return Refusal("it compares computed values, or different numbers")
    x, bound = found
    op = Clip(low=bound) if isinstance(node.op, Max) else Clip(high=bound)
    return Rewrite([node], [Node(op, (x,), node.outputs, node.origin)])


def merge_clips(graph: Graph, node: Node) -> Rewrite | None:
    """Let one clip do what two do; a ReLU is one to 0 … ∞."""
    first = graph.producers.get(node.inputs[0])
    if first is None:
        return None
    own, before = _bounds(node), _bounds(first)
    if own is None or before is None:
        return None
    low, high = (min(max(bound, own[0]), own[1]) for bound in before)
    return Rewrite([node], [Node(Clip(low, high), first.inputs, node.outputs, node.origin)])


def _bounds(node: Node) -> tuple[float, float] | None:
    if isinstance(node.op, Clip):
        return node.op.low, node.op.high
    return (0.0, np.inf) if isinstance(node.op, Relu) else None


def spell_swish(_: Graph, node: Node) -> Rewrite | None:
    """Fires for Swish, whose sigmoid and product have integer kernels."""
    if not isinstance(node.op, Swish):
        return None
    (x,), scaled, gate, alpha = node.inputs, f"{node.output}/scaled", f"{node.output}/gate", f"{node.output}/alpha"
    plain = node.op.alpha == 1.0
    nodes = [] if plain else [Node(Mul(), (x, alpha), (scaled,), node.origin)]
    nodes.append(Node(Sigmoid(), (x if plain else scaled,), (gate,), node.origin))
    nodes.append(Node(Mul(), (x, gate), node.outputs, node.origin))
    return Rewrite([node], nodes, {} if plain else {alpha: np.array(node.op.alpha, np.float32)})
