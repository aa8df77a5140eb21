"""Resize by scales alone, for targets that refuse sizes of the image axes where the batch is open (TensorRT)."""

from __future__ import annotations

from dataclasses import replace

from edgeface.graph.ir import Graph, Node
from edgeface.graph.ops.spatial import Resize
from edgeface.graph.ops.take import take
from edgeface.graph.rewrite import Refusal, Rewrite, apply_rules


def resize_by_scales(graph: Graph) -> Graph:
    """The graph whose resizes are written with scales; where no scale gives the same pixels, these are taken."""
    return apply_rules(graph, scale)


def scale(graph: Graph, node: Node) -> Rewrite | Refusal | None:
    """Fires where no scale is exact in float32."""
    if not isinstance(node.op, Resize) or _written_by_scales(graph, node, node.op):
        return None
    near = replace(node.op, by_scales=True)
    if _written_by_scales(graph, node, near):
        return Rewrite([node], [replace(node, op=near)])
    if node.op.mode != "nearest":
        return Refusal("no scale in float32 gives the size")
    n, c, h, w = graph.type(node.inputs[0]).shape
    height, width = node.op.size
    rows, columns = (tuple(i * old // new for i in range(new)) for old, new in ((h, height), (w, width)))
    inner = f"{node.output}/rows"
    added = [
        Node(take((n, c, h, w), 2, rows), node.inputs, (inner,), node.origin),
        Node(take((n, c, height, w), 3, columns), (inner,), node.outputs, node.origin),
    ]
    return Rewrite([node], added)


def _written_by_scales(graph: Graph, node: Node, op: Resize) -> bool:
    return "axes" not in op.to_onnx([graph.type(node.inputs[0])]).attributes
