"""Groups of nodes that are computed in float together: the parts of a network as its node names tell them."""

from __future__ import annotations

import glob
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from edgeface.graph.ir import Graph, Node, node_macs

MAX_GROUPS = 14
MIN_SHARE = 0.04
"""Parts with a smaller share of the multiply–accumulates are not divided."""


@dataclass(frozen=True)
class Group:
    """Some nodes: a name, the recipe's patterns that match them, and their outputs.

    `patterns` is empty where the model's nodes have no names.
    """

    name: str
    patterns: tuple[str, ...]
    outputs: tuple[str, ...]


def node_groups(graph: Graph, outputs: Collection[str]) -> list[Group]:
    """The nodes that compute these values, divided into at most `MAX_GROUPS` parts, in the order of the graph.

    The largest parts are divided further, by the next part of their nodes' names, as long as there is room.
    """
    nodes = [node for node in graph.nodes if node.output in outputs]
    macs = {node.output: node_macs(graph, node) for node in nodes}
    parts: dict[tuple[str, ...], list[Node]] = {(): nodes} if nodes else {}
    refused: set[tuple[str, ...]] = set()
    while True:
        weight = {key: sum(macs[node.output] for node in members) for key, members in parts.items()}
        least = MIN_SHARE * sum(weight.values())
        open_ = [key for key in parts if key not in refused and (weight[key] >= least or not key)]
        if not open_:
            break
        largest = max(open_, key=lambda key: weight[key])
        divided = _divided(largest, parts[largest])
        if len(divided) + len(parts) - 1 > MAX_GROUPS or divided.keys() == {largest}:
            refused.add(largest)
        else:
            parts = {k: v for k, v in parts.items() if k != largest} | divided
    if set(parts) == {()} and len(nodes) > 1:
        return _runs(nodes)
    first = {key: nodes.index(members[0]) for key, members in parts.items()}
    return [_group(key, parts[key]) for key in sorted(parts, key=first.__getitem__)]


def _segments(node: Node) -> tuple[str, ...]:
    return tuple(part for part in node.origin.split("/") if part)


def _divided(key: tuple[str, ...], members: Sequence[Node]) -> dict[tuple[str, ...], list[Node]]:
    found: dict[tuple[str, ...], list[Node]] = {}
    for node in members:
        found.setdefault(_segments(node)[: len(key) + 1], []).append(node)
    return found


def _group(key: tuple[str, ...], members: Sequence[Node]) -> Group:
    outputs = tuple(node.output for node in members)
    if any(not node.origin for node in members):
        return Group("/".join(key) or "all", (), outputs)
    inside = any(len(_segments(node)) > len(key) for node in members)
    lead = "/" if members[0].origin.startswith("/") else ""
    patterns = [f"{lead}{glob.escape('/'.join(key))}/*"] if inside and key else []
    if any(len(_segments(node)) == len(key) for node in members):
        patterns.append(f"{lead}{glob.escape('/'.join(key))}")
    return Group("/".join(key) or "all", tuple(patterns), outputs)


def _runs(nodes: Sequence[Node]) -> list[Group]:
    """Nodes whose names tell no parts, in runs of equal length."""
    size = -(-len(nodes) // MAX_GROUPS)
    runs = [nodes[start : start + size] for start in range(0, len(nodes), size)]
    return [_run(members) for members in runs]


def _run(members: Sequence[Node]) -> Group:
    names = [node.origin or node.output for node in (members[0], members[-1])]
    named = all(node.origin for node in members)
    patterns = tuple(dict.fromkeys(glob.escape(node.origin) for node in members)) if named else ()
    title = names[0] if len(members) == 1 else f"{names[0]} … {names[1]}"
    return Group(title, patterns, tuple(node.output for node in members))
