"""Replace a softmax over several axes together by one along the last axis of a reshaped value."""

from __future__ import annotations

from edgeface.graph.ir import Graph, Node
from edgeface.graph.ops.activations import Softmax
from edgeface.graph.ops.shape import Reshape
from edgeface.graph.rewrite import Rewrite, apply_rules


def expand_softmax(graph: Graph) -> Graph:
    """The graph without the softmax of opsets before 13 that flattens axes."""
    return apply_rules(graph, expand)


def expand(graph: Graph, node: Node) -> Rewrite | None:
    """Reshape, softmax along the last axis, Reshape."""
    if not isinstance(node.op, Softmax) or not node.op.flattened:
        return None
    kind, rows, made = graph.type(node.output), f"{node.output}/rows", f"{node.output}/softmax"
    added = [
        Node(Reshape(node.op.rows(kind)), node.inputs, (rows,), node.origin),
        Node(type(node.op)(-1), (rows,), (made,), node.origin),
        Node(Reshape(kind.shape), (made,), node.outputs, node.origin),
    ]
    return Rewrite([node], added)
