"""Shuffle channels where they lie last: one transpose in memory instead of three.

A channel shuffle is written as Reshape to [N,g,C/g,H,W], Transpose, Reshape. In TFLite's order of an image both
reshapes would need the logical order.
"""

from __future__ import annotations

from edgeface.backends.tflite.layout import CHANNELS_LAST
from edgeface.graph.ir import Graph, Node
from edgeface.graph.ops.shape import Reshape, Transpose
from edgeface.graph.rewrite import Refusal, Rewrite, apply_rules

_SWAP = (0, 2, 1, 3, 4)
_LAST_SWAP = (0, 1, 2, 4, 3)
_CHANNELS_FIRST = (0, 3, 1, 2)


def shuffle_last(graph: Graph) -> Graph:
    """The graph with channel shuffles along the last axis."""
    return apply_rules(graph, shuffle)


def shuffle(graph: Graph, node: Node) -> Rewrite | Refusal | None:
    """Fires for [N,C,H,W] → [N,g,C/g,H,W] → [N,C/g,g,H,W] → [N,C,H,W]."""
    swap = graph.producers.get(node.inputs[0])
    if not isinstance(node.op, Reshape) or swap is None or swap.op != Transpose(_SWAP):
        return None
    split = graph.producers.get(swap.inputs[0])
    if split is None or not isinstance(split.op, Reshape):
        return None
    image, parts = graph.type(split.inputs[0]).shape, split.op.shape
    if len(image) != 4 or node.op.shape != image or parts[0] != image[0] or parts[3:] != image[2:]:
        return Refusal("more than the channels is reshaped")
    if graph.only_reader(split.output) is None or graph.only_reader(swap.output) is None:
        return Refusal("what is between the reshapes has other readers")
    n, c, h, w = image
    ops = (
        Transpose(CHANNELS_LAST),
        Reshape((n, h, w, *parts[1:3])),
        Transpose(_LAST_SWAP),
        Reshape((n, h, w, c)),
        Transpose(_CHANNELS_FIRST),
    )
    names = [split.inputs[0], *(f"{node.output}/last_{i}" for i in range(len(ops) - 1)), node.output]
    steps = zip(ops, names, names[1:], strict=False)
    return Rewrite([split, swap, node], [Node(op, (a,), (b,), node.origin) for op, a, b in steps])
