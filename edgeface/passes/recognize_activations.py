"""Recognize activations that are spelled as sums and products, in whatever order the factors stand.

The spelling's nonlinear node e reads a polynomial of x, and the whole is a polynomial of x and e: a GELU is x/2 + x·e/2
with e = erf(x/√2). Comparing polynomials needs no list of the orders in which exporters write them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from edgeface.graph.ir import Graph, Node
from edgeface.graph.operands import Polynomial, behind, is_close, polynomial
from edgeface.graph.ops.activations import Clip, HardSwish, Tanh
from edgeface.graph.ops.arithmetic import Add, Div, Mul
from edgeface.graph.ops.base import Op
from edgeface.graph.ops.functions import Erf
from edgeface.graph.ops.smooth_activations import Gelu, HardSigmoid, Mish, Softplus
from edgeface.graph.rewrite import Refusal, Rewrite, apply_rules

X, E = "x", "e"
_ROOT = math.sqrt(2 / math.pi)
_HALVES: Polynomial = {(X,): 0.5, (E, X): 0.5}
_PRODUCT: Polynomial = {(E, X): 1.0}


@dataclass(frozen=True)
class Spelling:
    """An activation: its nonlinear node, what that reads, and the whole; polynomials of "x" and of "e"."""

    op: Op
    nonlinear: Op
    reads: Polynomial
    whole: Polynomial


SPELLINGS = (
    Spelling(Gelu(), Erf(), {(X,): math.sqrt(0.5)}, _HALVES),
    Spelling(Gelu("tanh"), Tanh(), {(X,): _ROOT, (X, X, X): 0.044715 * _ROOT}, _HALVES),
    Spelling(HardSwish(), Clip(0.0, 6.0), {(): 3.0, (X,): 1.0}, {(E, X): 1 / 6}),
    Spelling(HardSwish(), Clip(0.0, 1.0), {(): 0.5, (X,): 1 / 6}, _PRODUCT),
    Spelling(HardSigmoid(1 / 6, 0.5), Clip(0.0, 6.0), {(): 3.0, (X,): 1.0}, {(E,): 1 / 6}),
)


def recognize_activations(graph: Graph) -> Graph:
    """The graph with GELU, Mish and the hard swish and sigmoid as one op each."""
    return apply_rules(apply_rules(graph, recognize, multiply), clip)


def recognize(graph: Graph, node: Node) -> Rewrite | Refusal | None:
    """Fires on the last node of a spelling."""
    if not isinstance(node.op, Mul | Add | Div) or node.op.fused != "none":
        return None
    refused = None
    for inner in behind(graph, node.output):
        for spelling in (each for each in SPELLINGS if each.nonlinear == inner.op):
            for x in _candidates(graph, inner):
                if is_close(_named(polynomial(graph, inner.inputs[0], {x}), x, ""), spelling.reads):
                    whole = polynomial(graph, node.output, {x, inner.output})
                    if is_close(_named(whole, x, inner.output), spelling.whole):
                        return Rewrite([node], [Node(spelling.op, (x,), node.outputs, node.origin)])
                    refused = Refusal(f"it is no {type(spelling.op).__name__} of {x!r}")
    return refused


def multiply(graph: Graph, node: Node) -> Rewrite | None:
    """Fires for x·tanh(softplus(x)) and x·hardsigmoid(x)."""
    if not isinstance(node.op, Mul) or node.op.fused != "none":
        return None
    for x, other in (node.inputs, node.inputs[::-1]):
        inner = graph.producers.get(other)
        first = None if inner is None else graph.producers.get(inner.inputs[0])
        if inner is None:
            continue
        if first is not None and isinstance(inner.op, Tanh) and isinstance(first.op, Softplus) and first.inputs == (x,):
            return Rewrite([node], [Node(Mish(), (x,), node.outputs, node.origin)])
        op = inner.op
        if isinstance(op, HardSigmoid) and inner.inputs == (x,) and is_close(_line(op), _line(HardSigmoid(1 / 6))):
            return Rewrite([node], [Node(HardSwish(), (x,), node.outputs, node.origin)])
    return None


def clip(graph: Graph, node: Node) -> Rewrite | None:
    """Fires for a clip to 0 … 1 of a product or sum with a number: a hard sigmoid."""
    if node.op != Clip(0.0, 1.0):
        return None
    for x in reversed(list(_candidates(graph, node))):
        found = _named(polynomial(graph, node.inputs[0], {x}), x, "")
        if x != node.inputs[0] and (X,) in found and found.keys() <= {(), (X,)}:
            op = HardSigmoid(found[X,], found.get((), 0.0))
            return Rewrite([node], [Node(op, (x,), node.outputs, node.origin)])
    return None


def _line(op: HardSigmoid) -> Polynomial:
    return {(): op.beta, (X,): op.alpha}


def _candidates(graph: Graph, inner: Node) -> Iterator[str]:
    """The values of which a node may read a polynomial: those behind it with its type, nearest first."""
    wanted = graph.type(inner.output)
    names = [inner.inputs[0], *(name for node in behind(graph, inner.inputs[0], 4) for name in node.inputs)]
    yield from (name for name in dict.fromkeys(names) if graph.constant(name) is None and graph.type(name) == wanted)


def _named(found: Polynomial, x: str, inner: str) -> Polynomial:
    """A polynomial with "x" and "e" in place of two values."""
    names = {inner: E, x: X}
    return {tuple(sorted(names.get(each, each) for each in values)): factor for values, factor in found.items()}
