"""Transposed convolutions in groups as convolutions, for targets whose transposed ones have no groups.

Zeros are put between the pixels (as channels, then as pixels), and the kernel is turned around.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from edgeface.graph.ir import Graph, Node
from edgeface.graph.ops.blocks import DepthToSpace
from edgeface.graph.ops.conv import Conv
from edgeface.graph.ops.conv_transpose import ConvTranspose
from edgeface.graph.ops.shape import Pad
from edgeface.graph.rewrite import Refusal, Rewrite, apply_rules
from edgeface.graph.types import Array


def spread_transposed(graph: Graph) -> Graph:
    """The graph without transposed convolutions in groups; kernels are filled already."""
    return apply_rules(graph, spread)


def spread(graph: Graph, node: Node) -> Rewrite | Refusal | None:
    """Fires for groups: a convolution over pixels with zeros between them, or one kernel with zeros between groups."""
    op = node.op
    if not isinstance(op, ConvTranspose) or op.groups == 1 or op.dilations != (1, 1):
        return None
    weight = graph.constant(node.inputs[1])
    if weight is None:
        return Refusal("the weights are computed")
    pads = _turned_pads(op, weight.shape[2:])
    if op.strides[0] != op.strides[1] or min(pads) < 0:
        name = f"{node.output}/dense"
        inputs = (node.inputs[0], name, *node.inputs[2:])
        return Rewrite(
            [node], [Node(replace(op, groups=1), inputs, node.outputs, node.origin)], {name: _dense(op, weight)}
        )
    name, value, added = f"{node.output}/turned", node.inputs[0], list[Node]()
    block, channels = op.strides[0], weight.shape[0]
    if block > 1:
        pad, spread = f"{node.output}/zeros", f"{node.output}/spread"
        surround = Pad((0, 0, 0, 0, 0, channels * (block**2 - 1), 0, 0))
        added += [
            Node(surround, (value,), (pad,), node.origin),
            Node(DepthToSpace(block), (pad,), (spread,), node.origin),
        ]
        value = spread
    conv = Conv((1, 1), pads, groups=op.groups, activation=op.activation)
    added.append(Node(conv, (value, name, *node.inputs[2:]), node.outputs, node.origin))
    return Rewrite([node], added, {name: _turned(op, weight)})


def _turned_pads(op: ConvTranspose, kernel: tuple[int, ...]) -> tuple[int, int, int, int]:
    """The pads of the convolution over the spread pixels, which end with stride − 1 zeros."""
    top, left = (kernel[axis] - 1 - op.pads[axis] for axis in (0, 1))
    bottom, right = (kernel[axis] - op.strides[axis] - op.pads[axis + 2] + op.output_padding[axis] for axis in (0, 1))
    return top, left, bottom, right


def _turned(op: ConvTranspose, weight: Array) -> Array:
    """[C,M/g,kh,kw] as a convolution's [M,C/g,kh,kw], turned around."""
    grouped = weight.reshape(op.groups, -1, *weight.shape[1:]).swapaxes(1, 2)[..., ::-1, ::-1]
    return np.ascontiguousarray(grouped.reshape(-1, weight.shape[0] // op.groups, *weight.shape[2:]))


def _dense(op: ConvTranspose, weight: Array) -> Array:
    """[C,M,kh,kw] with zeros between the groups."""
    inputs, outputs = weight.shape[0] // op.groups, weight.shape[1]
    found = np.zeros((weight.shape[0], outputs * op.groups, *weight.shape[2:]), np.float32)
    for group in range(op.groups):
        rows, columns = slice(group * inputs, (group + 1) * inputs), slice(group * outputs, (group + 1) * outputs)
        found[rows, columns] = weight[rows]
    return found
