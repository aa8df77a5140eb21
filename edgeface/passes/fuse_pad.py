"""Fuse zero padding of the image axes into the convolution that reads it."""

from __future__ import annotations

from dataclasses import replace

from edgeface.graph.ir import Graph, Node
from edgeface.graph.ops.conv import Conv
from edgeface.graph.ops.shape import Pad
from edgeface.graph.rewrite import Refusal, Rewrite, apply_rules


def fuse_pad(graph: Graph) -> Graph:
    """The graph with Pad → Conv as one Conv with larger pads."""
    return apply_rules(graph, fuse)


def fuse(graph: Graph, node: Node) -> Rewrite | Refusal | None:
    """Fires where only the image axes are padded and the padded tensor has no other readers."""
    if not isinstance(node.op, Conv):
        return None
    pad = graph.producers.get(node.inputs[0])
    if pad is None or not isinstance(pad.op, Pad):
        return None
    if graph.only_reader(pad.output) is None:
        return Refusal("the padded tensor has other readers")
    n0, c0, top, left, n1, c1, bottom, right = pad.op.pads
    if any((n0, c0, n1, c1)):
        return Refusal("batch or channels are padded")
    before = node.op.pads
    pads = (before[0] + top, before[1] + left, before[2] + bottom, before[3] + right)
    fused = Node(replace(node.op, pads=pads), (pad.inputs[0], *node.inputs[1:]), node.outputs, node.origin)
    return Rewrite([pad, node], [fused])
