"""Decompose PReLU into a product and a sum, which are fast in int8: XNNPACK and ONNX Runtime have no int8 PReLU.

With slope a ≤ 1, PReLU(x) = x + max((a − 1)·x, 0): where x ≥ 0 the second term is 0, elsewhere the sum is a·x. A slope
above 1 that `normalize_prelu_slopes` could not change gets its sign from one more product.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from edgeface.graph.channels import channel_slopes, for_channels
from edgeface.graph.ir import Graph, Node
from edgeface.graph.ops.activations import PRelu
from edgeface.graph.ops.arithmetic import Add, Mul
from edgeface.graph.rewrite import Refusal, Rewrite, apply_rules
from edgeface.graph.types import Array


def decompose_prelu(graph: Graph, kept_float: Collection[str] = ()) -> Graph:
    """The graph without PReLU of constant slopes, except where its value is computed in float."""
    return apply_rules(graph, lambda found, node: None if node.output in kept_float else decompose(found, node))


def decompose(graph: Graph, node: Node) -> Rewrite | Refusal | None:
    """PReLU(x) as x + s·max((a − 1)·s·x, 0) with s the sign of 1 − a."""
    slope = channel_slopes(graph, node)
    if slope is None:
        return Refusal("its slopes are not one constant per channel") if isinstance(node.op, PRelu) else None
    factor, sign, term = f"{node.output}/factor", f"{node.output}/sign", f"{node.output}/below"
    constants = {factor: _rows(graph, node, -np.abs(1 - slope))}
    nodes = [Node(Mul("relu"), (node.inputs[0], factor), (term,), node.origin)]
    if (slope > 1).any():
        constants[sign] = _rows(graph, node, np.where(slope > 1, -1.0, 1.0))
        nodes.append(Node(Mul(), (term, sign), (f"{term}/signed",), node.origin))
        term = f"{term}/signed"
    nodes.append(Node(Add(), (node.inputs[0], term), node.outputs, node.origin))
    return Rewrite([node], nodes, constants)


def _rows(graph: Graph, node: Node, values: Array) -> Array:
    """Per-channel numbers, repeated along a row of the image.

    XNNPACK's broadcasting makes one call per contiguous run of memory: a pixel's channels if the constant is a pixel,
    but a whole row if it is a row, which saves most of the time.
    """
    shape = graph.type(node.inputs[0]).shape
    if len(shape) != 4:
        return for_channels(values, len(shape))
    return np.ascontiguousarray(np.broadcast_to(values.reshape(1, -1, 1, 1), (1, shape[1], 1, shape[3])), np.float32)
