"""Fuse padding of the image axes into what reads it: zeros into a convolution, −∞ into a maximum."""

from __future__ import annotations

from dataclasses import replace

from edgeface.graph.ir import Graph, Node
from edgeface.graph.ops.constant_pad import LOWEST, ConstantPad
from edgeface.graph.ops.conv import Conv
from edgeface.graph.ops.shape import Pad
from edgeface.graph.ops.spatial import MaxPool
from edgeface.graph.rewrite import Refusal, Rewrite, apply_rules


def fuse_pad(graph: Graph) -> Graph:
    """The graph with Pad → Conv as one Conv with larger pads, and the same for −∞ around a MaxPool."""
    return apply_rules(graph, fuse)


def fuse(graph: Graph, node: Node) -> Rewrite | Refusal | None:
    """Fires where only the image axes are padded and the padded tensor has no other readers."""
    pad = graph.producers.get(node.inputs[0])
    if pad is None or not isinstance(node.op, Conv | MaxPool):
        return None
    if isinstance(node.op, Conv):
        fits = isinstance(pad.op, Pad)
    else:
        fits = isinstance(pad.op, ConstantPad) and pad.op.value <= LOWEST
    if not fits:
        return None
    assert isinstance(pad.op, Pad | ConstantPad)
    if graph.only_reader(pad.output) is None:
        return Refusal("the padded tensor has other readers")
    n0, c0, top, left, n1, c1, bottom, right = pad.op.pads
    if any((n0, c0, n1, c1)):
        return Refusal("batch or channels are padded")
    before = node.op.pads
    pads = (before[0] + top, before[1] + left, before[2] + bottom, before[3] + right)
    if isinstance(node.op, MaxPool) and any(n >= node.op.kernel_shape[i % 2] for i, n in enumerate(pads)):
        return Refusal("a window would hold nothing but padding")
    fused = Node(replace(node.op, pads=pads), (pad.inputs[0], *node.inputs[1:]), node.outputs, node.origin)
    return Rewrite([pad, node], [fused])
