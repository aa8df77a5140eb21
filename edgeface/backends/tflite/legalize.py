"""Convert a graph to forms that TFLite's kernels support, before calibration."""

from __future__ import annotations

import numpy as np

from edgeface.backends.tflite.layout import CHANNELS_LAST
from edgeface.backends.tflite.shuffle_last import shuffle_last
from edgeface.graph.ir import Graph, Node
from edgeface.graph.ops.conv import Gemm
from edgeface.graph.ops.shape import Reshape, Transpose
from edgeface.graph.rewrite import Refusal, Rewrite, apply_rules
from edgeface.passes import Pass
from edgeface.passes.fill_transposed import fill_transposed
from edgeface.passes.spread_transposed import spread_transposed


def reorder_flattened(graph: Graph) -> Graph:
    """The graph with images flattened channels-last before matrix products, whose weights are reordered to match."""
    return apply_rules(graph, reorder)


def reorder(graph: Graph, node: Node) -> Rewrite | Refusal | None:
    """Fires for [N,C,H,W] → [N,C·H·W] → Gemm, so that no transpose is needed in memory."""
    if not isinstance(node.op, Gemm):
        return None
    flat = graph.producers.get(node.inputs[0])
    if flat is None or not isinstance(flat.op, Reshape):
        return None
    image, weight = graph.type(flat.inputs[0]), graph.constant(node.inputs[1])
    before = graph.producers.get(flat.inputs[0])
    if image.rank != 4 or image.shape[2:] == (1, 1) or (before is not None and isinstance(before.op, Transpose)):
        return None
    if flat.op.shape[-1] != image.count // image.shape[0]:
        return Refusal("a row of the matrix product is not one flattened image")
    if weight is None or graph.only_reader(flat.output) is None:
        return Refusal("the weights are computed, or the flattened image has other readers")
    rows = weight.reshape(-1, *image.shape[1:]).transpose(CHANNELS_LAST).reshape(weight.shape)
    turned, name = f"{flat.output}/channels_last", f"{node.inputs[1]}/channels_last"
    added = [
        Node(Transpose(CHANNELS_LAST), flat.inputs, (turned,), flat.origin),
        Node(flat.op, (turned,), flat.outputs, flat.origin),
        Node(node.op, (node.inputs[0], name, *node.inputs[2:]), node.outputs, node.origin),
    ]
    return Rewrite([flat, node], added, {name: np.ascontiguousarray(rows)})


LEGALIZE: tuple[Pass, ...] = (reorder_flattened, fill_transposed, spread_transposed, shuffle_last)
