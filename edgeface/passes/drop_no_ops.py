"""Drop nodes that hand on what they read: a slice of everything, a pad of nothing, axes in their own order."""

from __future__ import annotations

from dataclasses import replace

from edgeface.graph.ir import Graph, Node
from edgeface.graph.ops.shape import Pad, Slice, Transpose
from edgeface.graph.rewrite import Refusal, Rewrite, apply_rules


def drop_no_ops(graph: Graph) -> Graph:
    """The graph without Slice, Pad and Transpose that change nothing."""
    return apply_rules(graph, drop)


def drop(graph: Graph, node: Node) -> Rewrite | Refusal | None:
    """Let readers of a node without effect read its input."""
    if not _changes_nothing(graph, node):
        return None
    if node.output in graph.outputs:
        return Refusal("it produces an output of the graph")
    readers = graph.consumers[node.output]
    names = {node.output: node.inputs[0]}
    added = [replace(reader, inputs=tuple(names.get(i, i) for i in reader.inputs)) for reader in readers]
    return Rewrite([node, *readers], added)


def _changes_nothing(graph: Graph, node: Node) -> bool:
    op = node.op
    if isinstance(op, Transpose):
        return op.perm == tuple(sorted(op.perm))
    if isinstance(op, Slice):
        return graph.type(node.inputs[0]) == graph.type(node.output) and not any(op.starts)
    return isinstance(op, Pad) and not any(op.pads)
