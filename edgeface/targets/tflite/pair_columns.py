"""A convolution of few channels that steps by two columns reads pairs of columns as one pixel of twice the channels.

XNNPACK's int8 kernels fill up the channels of each tap to 8, so 3×3 taps of 3 channels cost 72 products, of which 27
count. NHWC memory [H,W,C] is also [H,W/2,2C], and there the same filter is 3×2 taps of 6 channels: 48 products. The
numbers are the same. Float kernels waste nothing, and gain nothing.
"""

from __future__ import annotations

import numpy as np

from edgeface.graph.ir import Graph, Node
from edgeface.graph.ops.conv import Conv
from edgeface.graph.ops.shape import Reshape, Transpose
from edgeface.graph.rewrite import Refusal, Rewrite, apply_rules
from edgeface.graph.types import Array
from edgeface.targets.tflite.layout import CHANNELS_LAST

FEW = 4
"""Twice as many channels still fit the 8 that a tap takes."""
_CHANNELS_FIRST = (0, 3, 1, 2)


def pair_columns(graph: Graph) -> Graph:
    """Rewrite every such convolution; for int8."""
    return apply_rules(graph, pair)


def pair(graph: Graph, node: Node) -> Rewrite | Refusal | None:
    """Fires for a dense convolution of at most 4 channels whose stride along a row is 2."""
    if not isinstance(node.op, Conv) or node.op.groups != 1 or node.op.strides[1] != 2:
        return None
    batch, channels, height, width = graph.type(node.inputs[0]).shape
    weight = graph.constant(node.inputs[1])
    if channels > FEW or weight is None:
        return None
    if width % 2 or node.op.dilations[1] != 1:
        return Refusal("a row is not whole pairs of columns, or the taps are not neighbours")
    top, left, bottom, _ = node.op.pads
    pairs = _paired(weight, left)
    before = (left + 1) // 2
    after = graph.type(node.output).shape[3] - 1 + pairs.shape[3] - width // 2 - before
    name, prefix = f"{node.inputs[1]}/pairs", f"{node.output}/pairs"
    last, joined, image = f"{prefix}/channels_last", f"{prefix}/joined", f"{prefix}/image"
    op = Conv((node.op.strides[0], 1), (top, before, bottom, after), (node.op.dilations[0], 1), 1, node.op.activation)
    added = [
        Node(Transpose(CHANNELS_LAST), (node.inputs[0],), (last,), node.origin),
        Node(Reshape((batch, height, width // 2, 2 * channels)), (last,), (joined,), node.origin),
        Node(Transpose(_CHANNELS_FIRST), (joined,), (image,), node.origin),
        Node(op, (image, name, *node.inputs[2:]), node.outputs, node.origin),
    ]
    return Rewrite([node], added, {name: pairs})


def _paired(weight: Array, left: int) -> Array:
    """A filter [M,C,h,w] as [M,2C,h,w'], whose first tap stands `left` columns before an even one."""
    outputs, channels, height, width = weight.shape
    ahead = left % 2
    wide = np.zeros((outputs, channels, height, -(-(ahead + width) // 2) * 2), weight.dtype)
    wide[..., ahead : ahead + width] = weight
    split = wide.reshape(outputs, channels, height, -1, 2).transpose(0, 4, 1, 2, 3)
    return np.ascontiguousarray(split.reshape(outputs, 2 * channels, height, -1))
