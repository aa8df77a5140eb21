"""A record, for artifacts, of which biases the network was defined with: once batch norm is folded, nothing else tells.

`folding` reads it, so that an artifact's LFR count is that of its checkpoint to the unit.
"""

from __future__ import annotations

from collections.abc import Iterable

from edgeface.complexity.folding import OWN_BIASES
from edgeface.graph.ir import Graph, Node
from edgeface.graph.ops.conv import Conv, Gemm


def own_biases(graph: Graph) -> frozenset[str]:
    """Origins of the layers that have a bias, in a graph in which no batch norm is folded yet."""
    return frozenset(node.origin for node in _layers(graph) if len(node.inputs) > 2)


def bias_record(graph: Graph, own: frozenset[str]) -> dict[str, str]:
    """The metadata entry for a graph as it is emitted: a digit for each layer, in the order of the file."""
    return {OWN_BIASES: "".join(str(int(node.origin in own)) for node in _layers(graph))}


def _layers(graph: Graph) -> Iterable[Node]:
    return (node for node in graph.nodes if isinstance(node.op, Conv | Gemm))
