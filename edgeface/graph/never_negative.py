"""Whether a value can be below zero, by the op that made it."""

from __future__ import annotations

from edgeface.graph.ir import Graph
from edgeface.graph.ops.activations import Clip, Relu, Sigmoid, Softmax


def never_negative(graph: Graph, name: str) -> bool:
    """Whether the op that makes a value, or what is fused into it, leaves nothing below zero."""
    if name not in graph.producers:
        return False
    op = graph.producers[name].op
    return op.fused != "none" or isinstance(op, Relu | Sigmoid | Softmax) or (isinstance(op, Clip) and op.low >= 0)
