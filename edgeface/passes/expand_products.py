"""Replace attention and Einstein sums by the matrix products that they are made of."""

from __future__ import annotations

import numpy as np

from edgeface.graph.expand import expand
from edgeface.graph.ir import Graph, Node
from edgeface.graph.ops.attention import Attention
from edgeface.graph.ops.einsum import Einsum
from edgeface.graph.ops.shape import Reshape, Transpose
from edgeface.graph.rewrite import Rewrite, apply_rules


def expand_products(graph: Graph) -> Graph:
    """The graph without Attention and Einsum, and without constants that are turned or reshaped."""
    return apply_rules(expand(graph, lambda op: isinstance(op, Attention | Einsum)), fold_moved)


def fold_moved(graph: Graph, node: Node) -> Rewrite | None:
    """A constant behind a Transpose or Reshape as another constant."""
    data = graph.constant(node.inputs[0]) if isinstance(node.op, Transpose | Reshape) else None
    if data is None or node.output in graph.outputs:
        return None
    shape = graph.type(node.output).shape
    moved = data.transpose(node.op.perm) if isinstance(node.op, Transpose) else data.reshape(shape)
    name = f"{node.output}/moved"
    readers = graph.consumers[node.output]
    added = [Node(r.op, tuple(name if i == node.output else i for i in r.inputs), r.outputs, r.origin) for r in readers]
    return Rewrite([node, *readers], added, {name: np.ascontiguousarray(moved)})
