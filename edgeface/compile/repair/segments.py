"""Parts of a network by position, for graphs whose node names tell nothing."""

from __future__ import annotations

from collections.abc import Mapping

from edgeface.compile.repair.modules import Part
from edgeface.graph.ir import Graph


def split_by_position(graph: Graph, weights: Mapping[str, int], count: int) -> list[Part]:
    """About `count` parts of similar weight, in the order of the graph.

    A chain of nodes without branches stays together where it can: neighbors with the least weight are joined, and only
    where there are too few chains the heaviest is cut.

    Args:
        graph: the graph.
        weights: the weight of each origin, in the order of the graph.
        count: the wanted number of parts.
    """
    parts = [list(chain) for chain in _chains(graph, weights)]

    def weight(part: list[str]) -> int:
        return sum(weights[origin] for origin in part)

    while len(parts) > count:
        index = min(range(len(parts) - 1), key=lambda i: weight(parts[i]) + weight(parts[i + 1]))
        parts[index : index + 2] = [parts[index] + parts[index + 1]]
    while len(parts) < count:
        index = max(range(len(parts)), key=lambda i: (len(parts[i]) > 1, weight(parts[i])))
        if len(parts[index]) < 2:
            break
        cut = _middle([weights[origin] for origin in parts[index]])
        parts[index : index + 1] = [parts[index][:cut], parts[index][cut:]]
    return [Part(_between(part), tuple(part)) for part in parts]


def _chains(graph: Graph, weights: Mapping[str, int]) -> list[list[str]]:
    """The origins in chains: each is the only reader of the one before it, and reads nothing else."""
    chain_of: dict[str, list[str]] = {}
    chains: list[list[str]] = []
    for node in graph.nodes:
        if node.origin not in weights or node.origin in chain_of:
            continue
        read = [graph.producers[name] for name in node.inputs if name in graph.producers]
        before = read[0] if len(read) == 1 and graph.only_reader(node_input(read[0].outputs, node.inputs)) else None
        chain = None if before is None else chain_of.get(before.origin)
        if chain is None:
            chain = []
            chains.append(chain)
        chain.append(node.origin)
        chain_of[node.origin] = chain
    return chains


def node_input(outputs: tuple[str, ...], inputs: tuple[str, ...]) -> str:
    """The first of a node's outputs that another reads."""
    return next(name for name in outputs if name in inputs)


def _middle(weights: list[int]) -> int:
    """Where a list is cut so that both sides weigh about the same; neither side is empty."""
    half, before = sum(weights) / 2, 0
    for index, weight in enumerate(weights[:-1]):
        before += weight
        if before >= half:
            return index + 1
    return len(weights) - 1


def _between(origins: list[str]) -> str:
    """A name for a row of nodes."""
    return origins[0] if len(origins) == 1 else f"{origins[0]} to {origins[-1]}"
