"""Decompose average pooling into a depthwise convolution with equal weights, which XNNPACK runs in int8.

An int8 AVERAGE_POOL_2D falls back to the interpreter's kernel and splits the partition. The convolution also has a
separate scale for its result, where pooling must keep the input's.
"""

from __future__ import annotations

import numpy as np

from edgeface.graph.ir import Graph, Node
from edgeface.graph.ops.conv import Conv
from edgeface.graph.ops.spatial import AveragePool
from edgeface.graph.rewrite import Refusal, Rewrite, apply_rules

MAX_TAPS = 25
"""XNNPACK sums up to 25 taps in one pass; a global mean would be slower than pooling."""


def decompose_average(graph: Graph) -> Graph:
    """The graph without average pooling over small windows, for int8."""
    return apply_rules(graph, decompose)


def decompose(graph: Graph, node: Node) -> Rewrite | Refusal | None:
    """Fires for windows of at most 25 pixels; padding counts as zeros in both forms."""
    if not isinstance(node.op, AveragePool):
        return None
    taps = int(np.prod(node.op.kernel_shape))
    if taps > MAX_TAPS:
        return Refusal(f"a window has {taps} pixels, more than {MAX_TAPS}")
    channels, name = graph.type(node.inputs[0]).shape[1], f"{node.output}/mean"
    weight = np.full((channels, 1, *node.op.kernel_shape), 1 / taps, np.float32)
    op = Conv(node.op.strides, node.op.pads, groups=channels)
    return Rewrite([node], [Node(op, (node.inputs[0], name), node.outputs, node.origin)], {name: weight})
