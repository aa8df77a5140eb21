"""Fold a new order of channels into the weights of the convolution before it or after it.

Such orders swap red and blue in front of a network, and stand in front of a PixelShuffle.
"""

from __future__ import annotations

import numpy as np

from edgeface.graph.ir import Graph, Node
from edgeface.graph.ops.conv import Conv
from edgeface.graph.ops.take import Take
from edgeface.graph.rewrite import Refusal, Rewrite, apply_rules


def fold_channel_order(graph: Graph) -> Graph:
    """The graph without permutations of channels next to dense convolutions."""
    return apply_rules(graph, fold_before, fold_after)


def fold_before(graph: Graph, node: Node) -> Rewrite | Refusal | None:
    """Permutation → Conv: the kernel's input channels are reordered."""
    order = graph.producers.get(node.inputs[0])
    if not isinstance(node.op, Conv) or order is None or not _permutes_channels(graph, order):
        return None
    assert isinstance(order.op, Take)
    weight = graph.constant(node.inputs[1])
    if weight is None or node.op.groups != 1:
        return Refusal("the weights are computed or grouped")
    name = f"{node.output}/reordered"
    moved = np.empty_like(weight)
    moved[:, list(order.op.indices)] = weight
    return Rewrite(
        [node], [Node(node.op, (order.inputs[0], name, *node.inputs[2:]), node.outputs, node.origin)], {name: moved}
    )


def fold_after(graph: Graph, node: Node) -> Rewrite | Refusal | None:
    """Conv → permutation: the kernels, and the bias, are reordered."""
    conv = graph.producers.get(node.inputs[0])
    if not _permutes_channels(graph, node) or conv is None or not isinstance(conv.op, Conv):
        return None
    assert isinstance(node.op, Take)
    if graph.only_reader(conv.output) is None:
        return Refusal("the convolution has other readers")
    given = [graph.constant(name) for name in conv.inputs[1:]]
    constants = {f"{node.output}/reordered_{i}": d[list(node.op.indices)] for i, d in enumerate(given) if d is not None}
    if len(constants) != len(given) or conv.op.groups != 1:
        return Refusal("the weights are computed or grouped")
    folded = Node(conv.op, (conv.inputs[0], *constants), node.outputs, conv.origin)
    return Rewrite([conv, node], [folded], constants)


def _permutes_channels(graph: Graph, node: Node) -> bool:
    shape = graph.type(node.inputs[0]).shape
    return (
        isinstance(node.op, Take)
        and len(shape) == 4
        and node.op.axis == 1
        and sorted(node.op.indices) == list(range(shape[1]))
    )
