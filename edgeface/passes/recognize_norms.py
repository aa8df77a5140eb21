"""Recognize layer normalization and its relatives where a network spells them out.

Frameworks write (x − mean)/√(variance + epsilon) in many orders of products, powers and quotients, scaled before or
after. A product is taken apart into its factors, among which the pieces are looked for.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field

from edgeface.graph.ir import Graph, Node
from edgeface.graph.ops.arithmetic import Add, Div, Mul, Sub
from edgeface.graph.ops.base import Op
from edgeface.graph.ops.functions import Reciprocal, Sqrt
from edgeface.graph.ops.normalization import GroupNorm, LayerNorm, RmsNorm
from edgeface.graph.ops.power import Pow
from edgeface.graph.ops.reduction import ReduceMean
from edgeface.graph.ops.shape import Reshape
from edgeface.graph.rewrite import Refusal, Rewrite, apply_rules


def recognize_norms(graph: Graph) -> Graph:
    """The graph with LayerNorm, RmsNorm and GroupNorm in place of what computes them."""
    return apply_rules(apply_rules(graph, center, recognize), merge_groups)


def center(graph: Graph, node: Node) -> Rewrite | None:
    """x·k + (b − mean·k), as TensorFlow writes it, as (x − mean)·k + b."""
    if not isinstance(node.op, Add) or node.op.fused != "none":
        return None
    for scaled, rest in (node.inputs, node.inputs[::-1]):
        product, shift = graph.producers.get(scaled), graph.producers.get(rest)
        if product is None or shift is None or not isinstance(product.op, Mul) or not isinstance(shift.op, Sub):
            continue
        offset = graph.producers.get(shift.inputs[1])
        if offset is None or not isinstance(offset.op, Mul) or {product.op.fused, shift.op.fused} != {"none"}:
            continue
        for (x, k), (mean, same) in itertools.product(*((n.inputs, n.inputs[::-1]) for n in (product, offset))):
            made = graph.producers.get(mean)
            if k == same and made is not None and isinstance(made.op, ReduceMean) and made.inputs[0] == x:
                names = f"{node.output}/centered", f"{node.output}/scaled"
                added = [
                    Node(Sub(), (x, mean), (names[0],), node.origin),
                    Node(Mul(), (names[0], k), (names[1],), node.origin),
                    Node(Add(), (names[1], shift.inputs[0]), node.outputs, node.origin),
                ]
                return Rewrite([node], added)
    return None


def recognize(graph: Graph, node: Node) -> Rewrite | Refusal | None:
    """Fires for a product of centered values, or of values, and of one over the root of their mean square."""
    if not isinstance(node.op, Mul | Div) or node.op.fused != "none":
        return None
    product = _factors(graph, node)
    for root, over in product.roots(graph):
        square = _mean_square(graph, root)
        if square is None:
            continue
        norm, x, centered = square
        value = next((f for f in product.above if f == x or _centered(graph, f) == (x, norm.axes)), None)
        if value is None or centered != (value != x):
            continue
        others: list[tuple[Mul | Div, str]] = [(Mul(), f) for f in product.above if f not in {value, over}]
        others += [(Div(), f) for f in product.below if f != over]
        if any(graph.constant(f) is None for _, f in others) or graph.type(node.output) != graph.type(x):
            return Refusal("it is multiplied by what is computed")
        return _with_factors(node, norm, x, others)
    return None


@dataclass(frozen=True)
class _Product:
    above: list[str] = field(default_factory=list)
    below: list[str] = field(default_factory=list)

    def roots(self, graph: Graph) -> Iterator[tuple[str, str]]:
        """What stands under a root below the line, and the factor that says so."""
        for factor, sign in (*((f, -1) for f in self.below), *((f, 1) for f in self.above)):
            made = graph.producers.get(factor)
            if made is None:
                continue
            exponent = _number(graph, made.inputs[1]) if isinstance(made.op, Pow) else None
            if (isinstance(made.op, Sqrt) and sign < 0) or exponent == -0.5 * sign:
                yield made.inputs[0], factor
            elif sign > 0 and (inner := _inverted(graph, made)) is not None and isinstance(inner.op, Sqrt):
                yield inner.inputs[0], factor


def _factors(graph: Graph, node: Node) -> _Product:
    """The factors of a product, through products without other readers."""
    found = _Product()
    pending = [(node.inputs[0], True), (node.inputs[1], isinstance(node.op, Mul))]
    while pending:
        name, above = pending.pop(0)
        made = graph.producers.get(name)
        alone = made is not None and graph.only_reader(name) is not None and made.op.fused == "none"
        if made is not None and alone and isinstance(made.op, Mul | Div) and made.inputs[0] != made.inputs[1]:
            if isinstance(made.op, Div) and _number(graph, made.inputs[0]) == 1.0:
                (found.above if above else found.below).append(name)
                continue
            pending += [(made.inputs[0], above), (made.inputs[1], above == isinstance(made.op, Mul))]
        else:
            (found.above if above else found.below).append(name)
    return found


def _inverted(graph: Graph, node: Node) -> Node | None:
    """What a node is one over."""
    if isinstance(node.op, Reciprocal):
        return graph.producers.get(node.inputs[0])
    if isinstance(node.op, Div) and _number(graph, node.inputs[0]) == 1.0:
        return graph.producers.get(node.inputs[1])
    return None


def _mean_square(graph: Graph, name: str) -> tuple[LayerNorm | RmsNorm, str, bool] | None:
    """The normalization whose mean square plus epsilon a value is, of which values, and whether they are centered."""
    total = graph.producers.get(name)
    if total is None or not isinstance(total.op, Add):
        return None
    sides = [(total.inputs[i], _number(graph, total.inputs[1 - i])) for i in (0, 1)]
    name, epsilon = next(((n, number) for n, number in sides if number is not None), ("", None))
    mean = graph.producers.get(name)
    if epsilon is None or mean is None or not isinstance(mean.op, ReduceMean) or not mean.op.keepdims:
        return None
    squared = _squared(graph, mean.inputs[0])
    if squared is None:
        return None
    center = _centered(graph, squared)
    if center is not None and center[1] == mean.op.axes:
        return LayerNorm(mean.op.axes, epsilon), center[0], True
    return RmsNorm(mean.op.axes, epsilon), squared, False


def _squared(graph: Graph, name: str) -> str | None:
    """What a value is the square of."""
    made = graph.producers.get(name)
    if made is None:
        return None
    if isinstance(made.op, Pow) and _number(graph, made.inputs[1]) == 2.0:
        return made.inputs[0]
    if not isinstance(made.op, Mul) or made.op.fused != "none":
        return None
    a, b = made.inputs
    same = a == b or (_centered(graph, a) is not None and _centered(graph, a) == _centered(graph, b))
    return a if same else None


def _centered(graph: Graph, name: str) -> tuple[str, tuple[int, ...]] | None:
    """What a value is without its mean, and over which axes."""
    made = graph.producers.get(name)
    if made is None or not isinstance(made.op, Sub) or made.op.fused != "none":
        return None
    mean = graph.producers.get(made.inputs[1])
    if mean is None or not isinstance(mean.op, ReduceMean) or not mean.op.keepdims or mean.inputs[0] != made.inputs[0]:
        return None
    return made.inputs[0], mean.op.axes


def _number(graph: Graph, name: str) -> float | None:
    """The number that a constant holds everywhere."""
    data = graph.constant(name)
    return float(data.ravel()[0]) if data is not None and data.size and (data == data.ravel()[0]).all() else None


def _with_factors(node: Node, norm: Op, x: str, others: list[tuple[Mul | Div, str]]) -> Rewrite:
    names = [f"{node.output}/norm_{i}" for i in range(len(others))] + [node.output]
    added = [Node(norm, (x,), (names[0],), node.origin)]
    for index, (op, factor) in enumerate(others):
        added.append(Node(op, (names[index], factor), (names[index + 1],), node.origin))
    return Rewrite([node], added)


def merge_groups(graph: Graph, node: Node) -> Rewrite | None:
    """[N,C,…] → [N,groups,…] → LayerNorm of all behind → [N,C,…] as GroupNorm, which reshapes nothing."""
    if not isinstance(node.op, Reshape):
        return None
    norm = graph.producers.get(node.inputs[0])
    before = graph.producers.get(norm.inputs[0]) if norm is not None else None
    if norm is None or before is None or not isinstance(norm.op, LayerNorm) or not isinstance(before.op, Reshape):
        return None
    x, grouped = graph.type(before.inputs[0]), graph.type(before.output)
    whole = grouped.rank >= 3 and norm.op.axes == tuple(range(2, grouped.rank))
    fits = x.rank >= 3 and x.shape[0] == grouped.shape[0] and x.shape[1] % grouped.shape[1] == 0
    if not whole or not fits or x != graph.type(node.output) or graph.only_reader(norm.output) is None:
        return None
    return Rewrite(
        [node], [Node(GroupNorm(grouped.shape[1], norm.op.epsilon), before.inputs, node.outputs, norm.origin)]
    )
