"""The node that computes a value which other nodes only move."""

from __future__ import annotations

from edgeface.graph.ir import Graph, Node
from edgeface.graph.ops.moves import MOVES
from edgeface.graph.ops.quantization import Cast, DequantizeLinear, QuantizeLinear

_CARRIERS = (*MOVES, Cast, QuantizeLinear, DequantizeLinear)


def computing_node(graph: Graph, node: Node) -> Node | None:
    """The nearest node upstream that computes numbers: itself, unless it only moves or converts them.

    A person who is to mend an error needs the node that makes it, and no Reshape does.

    Args:
        graph: the node's graph.
        node: any of its nodes.

    Returns:
        None where only moves lie between the node and an input or a constant.
    """
    makers = {output: each for each in graph.nodes for output in each.outputs}
    found: Node | None = node
    while found is not None and isinstance(found.op, _CARRIERS):
        found = makers.get(found.inputs[0]) if found.inputs else None
    return found
