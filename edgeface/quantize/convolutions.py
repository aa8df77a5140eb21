"""Which convolutions a correction of weights may change."""

from __future__ import annotations

from edgeface.graph.ir import Graph, Node
from edgeface.graph.ops.conv import Conv


def own_convolution(graph: Graph, node: Node) -> Conv | None:
    """A node's convolution, if its weights and bias are constants without other readers; otherwise None."""
    own = len(node.inputs) == 3 and all(
        graph.constant(name) is not None and len(graph.consumers[name]) == 1 for name in node.inputs[1:]
    )
    return node.op if own and isinstance(node.op, Conv) else None
