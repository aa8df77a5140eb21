"""Merge reshapes of reshapes, and drop those that change nothing."""

from __future__ import annotations

from dataclasses import replace

from edgeface.graph.ir import Graph, Node
from edgeface.graph.ops.shape import Reshape
from edgeface.graph.rewrite import Refusal, Rewrite, apply_rules


def merge_reshapes(graph: Graph) -> Graph:
    """Reshape → Reshape as one; Reshape to the same shape as none."""
    return apply_rules(graph, merge, drop)


def merge(graph: Graph, node: Node) -> Rewrite | None:
    """The second reshape reads the first one's input."""
    first = graph.producers.get(node.inputs[0])
    if not isinstance(node.op, Reshape) or first is None or not isinstance(first.op, Reshape):
        return None
    return Rewrite([node], [Node(node.op, first.inputs, node.outputs, node.origin)])


def drop(graph: Graph, node: Node) -> Rewrite | Refusal | None:
    """Readers of a reshape that changes nothing read its input."""
    if not isinstance(node.op, Reshape) or graph.type(node.inputs[0]) != graph.type(node.output):
        return None
    if node.output in graph.outputs:
        return Refusal("it names an output of the graph")
    readers = graph.consumers[node.output]
    names = {node.output: node.inputs[0]}
    added = [replace(reader, inputs=tuple(names.get(i, i) for i in reader.inputs)) for reader in readers]
    return Rewrite([node, *readers], added)
