"""Fill transposed kernels up with zeros, so that they need no dilations and no surplus of padding.

TFLite's TRANSPOSE_CONV knows neither; TensorRT has no kernel that is both strided and dilated.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from edgeface.graph.ir import Graph, Node
from edgeface.graph.ops.conv_transpose import ConvTranspose
from edgeface.graph.rewrite import Refusal, Rewrite, apply_rules


def fill_transposed(graph: Graph) -> Graph:
    """The graph whose transposed convolutions have kernels without gaps, which reach as far as the result."""
    return apply_rules(graph, fill)


def fill(graph: Graph, node: Node) -> Rewrite | Refusal | None:
    """Fires for dilations, and for output padding beyond the pads at the ends."""
    op = node.op
    if not isinstance(op, ConvTranspose):
        return None
    surplus = [max(op.output_padding[axis] - op.pads[axis + 2], 0) for axis in (0, 1)]
    if op.dilations == (1, 1) and not any(surplus):
        return None
    weight = graph.constant(node.inputs[1])
    if weight is None:
        return Refusal("the weights are computed")
    size = [op.dilations[axis] * (weight.shape[axis + 2] - 1) + 1 + surplus[axis] for axis in (0, 1)]
    filled = np.zeros((*weight.shape[:2], *size), np.float32)
    ends = [n - more for n, more in zip(size, surplus, strict=True)]
    filled[:, :, : ends[0] : op.dilations[0], : ends[1] : op.dilations[1]] = weight
    left = tuple(op.output_padding[axis] - surplus[axis] for axis in (0, 1))
    plain = replace(op, dilations=(1, 1), output_padding=(left[0], left[1]))
    name = f"{node.output}/filled"
    return Rewrite(
        [node], [Node(plain, (node.inputs[0], name, *node.inputs[2:]), node.outputs, node.origin)], {name: filled}
    )
