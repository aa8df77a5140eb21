"""Pair the operands of ops on any number of values: targets compute two at a time."""

from __future__ import annotations

import numpy as np

from edgeface.graph.ir import Graph, Node
from edgeface.graph.ops.arithmetic import Add, Mul
from edgeface.graph.ops.base import Op
from edgeface.graph.ops.extremes import Mean, Several, Sum
from edgeface.graph.ops.shape import Reshape
from edgeface.graph.rewrite import Rewrite, apply_rules


def pair_operands(graph: Graph) -> Graph:
    """The graph with sums and means as Add, and at most two operands of the largest and the smallest."""
    return apply_rules(graph, pair)


def pair(graph: Graph, node: Node) -> Rewrite | None:
    """Fires for Sum and Mean, and where Max or Min has another number of operands than two."""
    if not isinstance(node.op, Several) or (len(node.inputs) == 2 and not isinstance(node.op, Sum | Mean)):
        return None
    if len(node.inputs) == 1:
        return Rewrite([node], [Node(Reshape(graph.type(node.output).shape), node.inputs, node.outputs, node.origin)])
    op: Op = Add() if isinstance(node.op, Sum | Mean) else node.op
    mean = isinstance(node.op, Mean)
    names = [f"{node.output}/first_{count}" for count in range(2, len(node.inputs) + 1)]
    names[-1] = f"{node.output}/sum" if mean else node.output
    nodes, read = [], node.inputs[0]
    for other, made in zip(node.inputs[1:], names, strict=True):
        nodes.append(Node(op, (read, other), (made,), node.origin))
        read = made
    if not mean:
        return Rewrite([node], nodes)
    share = f"{node.output}/share"
    nodes.append(Node(Mul(), (read, share), node.outputs, node.origin))
    return Rewrite([node], nodes, {share: np.array(1 / len(node.inputs), np.float32)})
