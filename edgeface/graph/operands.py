"""Operands of element-wise nodes: which are numbers, and what a value is as a polynomial of others."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from edgeface.graph.ir import Graph, Node
from edgeface.graph.ops.arithmetic import Add, Div, Mul, Sub
from edgeface.graph.ops.functions import Neg
from edgeface.graph.ops.power import Pow

Polynomial: TypeAlias = dict[tuple[str, ...], float]
"""Coefficients by products of values: {(): 1.0, ("x", "x"): 2.0} is 1 + 2x²."""

MAX_DEGREE, MAX_TERMS, MAX_DEPTH = 4, 16, 12
CLOSE = 1e-3
"""Relative difference up to which factors are taken to be the same: exporters write them with 4 digits or more."""


def number(graph: Graph, name: str) -> float | None:
    """The number that a constant repeats; None where it differs or is computed."""
    data = graph.constant(name)
    if data is None or data.size == 0 or (data != data.flat[0]).any():
        return None
    return float(data.flat[0])


def with_number(graph: Graph, node: Node) -> tuple[str, float] | None:
    """The computed operand and the number of a node of two operands that has such, and keeps the operand's shape."""
    if len(node.inputs) != 2:
        return None
    for name, other in (node.inputs, node.inputs[::-1]):
        found = number(graph, other)
        if found is not None and graph.constant(name) is None and graph.type(name) == graph.type(node.output):
            return name, found
    return None


def polynomial(graph: Graph, name: str, stops: Collection[str] = ()) -> Polynomial:
    """A value as a polynomial of values that are among `stops`, or are no sums or products, or lie far back."""
    return _Expansion(graph, frozenset(stops)).of(name, MAX_DEPTH)


@dataclass(frozen=True)
class _Expansion:
    """Polynomials of a graph's values; each is found once, so that shared values take no time of their own."""

    graph: Graph
    stops: frozenset[str]
    found: dict[tuple[str, int], Polynomial] = field(default_factory=dict)

    def of(self, name: str, depth: int) -> Polynomial:
        """A value as a polynomial of values at most so many nodes back."""
        if (name, depth) not in self.found:
            self.found[name, depth] = self._made(name, depth) or {(name,): 1.0}
        return self.found[name, depth]

    def _made(self, name: str, depth: int) -> Polynomial | None:
        if (given := number(self.graph, name)) is not None:
            return {(): given}
        node = self.graph.producers.get(name)
        if node is None or name in self.stops or node.op.fused != "none" or depth == 0:
            return None
        if isinstance(node.op, Neg):
            return _scaled(self.of(node.inputs[0], depth - 1), -1.0)
        return self._combined(node, depth - 1) if isinstance(node.op, Add | Sub | Mul | Div | Pow) else None

    def _combined(self, node: Node, depth: int) -> Polynomial | None:
        """A sum or product of two polynomials; None where it is none, or too long."""
        a = self.of(node.inputs[0], depth)
        if isinstance(node.op, Div | Pow):
            by = number(self.graph, node.inputs[1])
            if isinstance(node.op, Div):
                return _scaled(a, 1 / by) if by else None
            return _power(a, int(by)) if by is not None and by in range(2, MAX_DEGREE + 1) else None
        b = self.of(node.inputs[1], depth)
        if isinstance(node.op, Mul):
            return _product(a, b)
        return _sum(a, b if isinstance(node.op, Add) else _scaled(b, -1.0))


def _power(a: Polynomial, power: int) -> Polynomial | None:
    made: Polynomial | None = a
    for _ in range(power - 1):
        made = made and _product(made, a)
    return made


def _scaled(a: Polynomial, factor: float) -> Polynomial:
    return {values: factor * each for values, each in a.items()}


def _sum(a: Polynomial, b: Polynomial) -> Polynomial | None:
    made = {values: a.get(values, 0.0) + b.get(values, 0.0) for values in (*a, *b)}
    return made if len(made) <= MAX_TERMS else None


def _product(a: Polynomial, b: Polynomial) -> Polynomial | None:
    made: Polynomial = {}
    for left, first in a.items():
        for right, second in b.items():
            values = tuple(sorted((*left, *right)))
            if len(values) > MAX_DEGREE:
                return None
            made[values] = made.get(values, 0.0) + first * second
    return made if len(made) <= MAX_TERMS else None


def is_close(a: Polynomial, b: Polynomial) -> bool:
    """Whether two polynomials have the same products with nearly the same factors."""
    return a.keys() == b.keys() and all(abs(a[values] - b[values]) <= CLOSE * abs(b[values]) for values in a)


def behind(graph: Graph, name: str, depth: int = 6) -> Iterator[Node]:
    """The nodes that a value is computed by, up to so many steps back, nearest first; each once."""
    seen: set[str] = set()
    names = [name]
    for _ in range(depth):
        nodes = [graph.producers[each] for each in names if each in graph.producers]
        names = [each for node in nodes for each in node.inputs if each not in seen]
        for node in nodes:
            if node.output not in seen:
                seen.add(node.output)
                yield node
