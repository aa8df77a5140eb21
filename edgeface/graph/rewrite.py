"""The rewrite engine: a rule looks at one node and replaces it, refuses with a reason, or does not match.

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
    """Take out `removed`, put in `added`, and know the new `constants`.

    What other nodes read of the removed nodes must be made, under the same names, by the added ones.
    """

    removed: Sequence[Node]
    added: Sequence[Node]
    constants: Mapping[str, Array] = field(default_factory=dict)


@dataclass(frozen=True)
class Refusal:
    """The pattern is there, and this is why the rule leaves it alone."""

    reason: str


Rule: TypeAlias = Callable[[Graph, Node], Rewrite | Refusal | None]

MAX_REWRITES = 10_000


def apply_rules(graph: Graph, *rules: Rule) -> Graph:
    """Apply rules everywhere until none fires, verifying the result.

    Raises:
        GraphError: the rules never come to rest, or leave an invalid graph.
    """
    for _ in range(MAX_REWRITES):
        found = next((r for node in graph.nodes for rule in rules if isinstance(r := rule(graph, node), Rewrite)), None)
        if found is None:
            verify(graph)
            return graph
        graph = apply(graph, found)
    names = ", ".join(getattr(rule, "__name__", str(rule)) for rule in rules)
    raise GraphError(f"rewriting does not come to rest after {MAX_REWRITES} steps", where=names)


def apply(graph: Graph, rewrite: Rewrite) -> Graph:
    """The graph after one rewrite; the added nodes take the place of the last removed one."""
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
    """Where a rule matches and refuses, with its reasons."""
    found = [(node, rule(graph, node)) for node in graph.nodes]
    return [(node, outcome.reason) for node, outcome in found if isinstance(outcome, Refusal)]
