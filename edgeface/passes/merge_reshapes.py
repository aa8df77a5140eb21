"""Merge consecutive reshapes, and drop those without effect."""

from __future__ import annotations

from dataclasses import replace

from edgeface.graph.ir import Graph, Node
from edgeface.graph.ops.shape import Reshape
from edgeface.graph.rewrite import Refusal, Rewrite, apply_rules


def merge_reshapes(graph: Graph) -> Graph:
    """The graph with Reshape → Reshape as one Reshape, and without reshapes to the same shape."""
    return apply_rules(graph, merge, drop)


def merge(graph: Graph, node: Node) -> Rewrite | None:
    """Let the second reshape read the first one's input."""
    first = graph.producers.get(node.inputs[0])
    if not isinstance(node.op, Reshape) or first is None or not isinstance(first.op, Reshape):
        return None
    return Rewrite([node], [Node(node.op, first.inputs, node.outputs, node.origin)])


def drop(graph: Graph, node: Node) -> Rewrite | Refusal | None:
    """Let readers of a reshape without effect read its input."""
    if not isinstance(node.op, Reshape) or graph.type(node.inputs[0]) != graph.type(node.output):
        return None
    if node.output in graph.outputs:
        return Refusal("it produces an output of the graph")
    readers = graph.consumers[node.output]
    names = {node.output: node.inputs[0]}
    added = [replace(reader, inputs=tuple(names.get(i, i) for i in reader.inputs)) for reader in readers]
    return Rewrite([node, *readers], added)
