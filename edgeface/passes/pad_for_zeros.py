"""Zeros that are joined before or behind a value, as the Pad that they are.

Integers need no scale for them then, and XNNPACK runs a PAD in int8, but no CONCATENATION with a constant.
"""

from __future__ import annotations

from edgeface.graph.ir import Graph, Node
from edgeface.graph.ops.arithmetic import Concat
from edgeface.graph.ops.shape import Pad
from edgeface.graph.rewrite import Refusal, Rewrite, apply_rules


def pad_for_zeros(graph: Graph) -> Graph:
    """The graph with zeros at the ends of a Concat as a Pad."""
    return apply_rules(graph, pad)


def pad(graph: Graph, node: Node) -> Rewrite | Refusal | None:
    """Fires for constants of zeros that are the first or the last inputs of a Concat."""
    if not isinstance(node.op, Concat):
        return None
    zeros = [data is not None and not data.any() for data in map(graph.constant, node.inputs)]
    if not any(zeros):
        return None
    if all(zeros):
        return Refusal("nothing but zeros is joined")
    first, last = zeros.index(False), len(zeros) - 1 - zeros[::-1].index(False)
    if (first, last) == (0, len(zeros) - 1):
        return Refusal("the zeros are between other values")
    kept, rank = node.inputs[first : last + 1], graph.type(node.output).rank
    axis = node.op.axis % rank
    amounts = [0] * 2 * rank
    amounts[axis] = sum(graph.type(name).shape[axis] for name in node.inputs[:first])
    amounts[axis + rank] = sum(graph.type(name).shape[axis] for name in node.inputs[last + 1 :])
    inner = kept[0] if len(kept) == 1 else f"{node.output}/joined"
    joined = [] if len(kept) == 1 else [Node(node.op, kept, (inner,), node.origin)]
    return Rewrite([node], [*joined, Node(Pad(tuple(amounts)), (inner,), node.outputs, node.origin)])
