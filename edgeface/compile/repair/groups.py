"""Groups of nodes that change their precision together: few enough to measure each, small enough to be cheap.

Nodes are grouped by the modules of the source model, as their origins tell ("/body/stage2/stage2.3/…/Conv"), and by
position where the origins tell nothing.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from edgeface.compile.repair.modules import Part, split_by_modules
from edgeface.compile.repair.segments import split_by_position
from edgeface.graph.ir import Graph, node_macs

COARSE, FINE, MOST = 6, 14, 20
"""How many groups of each size are sought, and how many there may be: each is built and run."""


@dataclass(frozen=True)
class NodeGroup:
    """Nodes that are switched together.

    `patterns` match the origins of these nodes and of no other switchable ones; `outputs` are the values that they
    produce.
    """

    name: str
    patterns: tuple[str, ...]
    outputs: frozenset[str]


def node_groups(graph: Graph, switchable: Collection[str]) -> tuple[NodeGroup, ...]:
    """Groups of a graph's nodes in two sizes, the larger ones first; each set of nodes once.

    Args:
        graph: the legalized graph.
        switchable: outputs of the nodes whose precision can change.
    """
    outputs: dict[str, list[str]] = {}
    weights: dict[str, int] = {}
    for node in graph.nodes:
        if node.output in switchable:
            outputs.setdefault(node.origin, []).append(node.output)
            weights[node.origin] = weights.get(node.origin, 0) + (node_macs(graph, node) > 0)
    if not weights:
        return ()
    found: dict[frozenset[str], Part] = {}
    for part in (*_parts(graph, weights, COARSE, 0.4), *_parts(graph, weights, FINE, 0.15)):
        found.setdefault(frozenset(part.origins), part)
    return tuple(
        NodeGroup(
            part.name,
            tuple(patterns(part.origins, [origin for origin in weights if origin not in members])),
            frozenset(output for origin in part.origins for output in outputs[origin]),
        )
        for members, part in found.items()
    )


def _parts(graph: Graph, weights: Mapping[str, int], count: int, largest: float) -> list[Part]:
    return split_by_modules(weights, count, MOST, largest) or split_by_position(graph, weights, count)


def patterns(members: Sequence[str], others: Sequence[str]) -> Iterator[str]:
    """The fewest patterns of whole modules and single nodes that match these origins and none of the others."""
    yield from _covered(list(members), list(others), "")


def _covered(members: list[str], others: list[str], prefix: str) -> Iterator[str]:
    """Patterns of members that start with a prefix, which is empty or ends with a slash."""
    if prefix.strip("/") and not any(other.startswith(prefix) for other in others):
        yield f"{_literal(prefix)}*"
        return
    inner: dict[str, list[str]] = {}
    for member in members:
        head, slash, _ = member[len(prefix) :].partition("/")
        inner.setdefault(prefix + head + slash, []).append(member)
    for name, below in inner.items():
        if name.endswith("/") and below != [name]:
            yield from _covered(below, others, name)
        else:
            yield _literal(name)


def _literal(text: str) -> str:
    """A pattern that matches only this text."""
    return re.sub(r"([*?[])", r"[\1]", text)
