"""The rewrite engine: a rule visits a node and rewrites it, refuses with a reason, or does not match.

A rule is a function `(graph, node) -> Rewrite | Refusal | None`. The engine applies rules until none fires.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from edgeface.errors import GraphError
from edgeface.graph.ir import Graph, Node
from edgeface.graph.types import Array
from edgeface.graph.verify import verify


@dataclass(frozen=True)
class Rewrite:
    """A change of the graph: nodes `removed`, nodes `added`, and new `constants`.

    Values of removed nodes that other nodes read must be produced, under the same names, by the added ones.
    """

    removed: Sequence[Node]
    added: Sequence[Node]
    constants: Mapping[str, Array] = field(default_factory=dict)


@dataclass(frozen=True)
class Refusal:
    """The reason why a rule does not rewrite a pattern that it matched."""

    reason: str


Rule: TypeAlias = Callable[[Graph, Node], Rewrite | Refusal | None]

MAX_REWRITES = 10_000


def apply_rules(graph: Graph, *rules: Rule) -> Graph:
    """The graph after applying rules everywhere until none fires; verified.

    Raises:
        GraphError: the rules do not terminate, or leave an invalid graph.
    """
    for _ in range(MAX_REWRITES):
        found = next((r for node in graph.nodes for rule in rules if isinstance(r := rule(graph, node), Rewrite)), None)
        if found is None:
            verify(graph)
            return graph
        graph = apply(graph, found)
    names = ", ".join(getattr(rule, "__name__", str(rule)) for rule in rules)
    raise GraphError(f"rewriting does not terminate after {MAX_REWRITES} steps", where=names)


def apply(graph: Graph, rewrite: Rewrite) -> Graph:
    """The graph after one rewrite; the added nodes go where the last removed one was."""
    gone = {id(node) for node in rewrite.removed}
    last = max(i for i, node in enumerate(graph.nodes) if id(node) in gone)
    nodes: list[Node] = []
    for index, node in enumerate(graph.nodes):
        if id(node) not in gone:
            nodes.append(node)
        if index == last:
            nodes.extend(rewrite.added)
    return graph.rebuild(nodes, rewrite.constants)


def refusals(graph: Graph, rule: Rule) -> list[tuple[Node, str]]:
    """The nodes that a rule matches but refuses to rewrite, with its reasons."""
    found = [(node, rule(graph, node)) for node in graph.nodes]
    return [(node, outcome.reason) for node, outcome in found if isinstance(outcome, Refusal)]
