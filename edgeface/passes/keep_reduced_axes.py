"""Keep the axes that reductions reduce, as axes of size 1: then any memory order suits them, and a Reshape the rest."""

from __future__ import annotations

from dataclasses import replace

from edgeface.graph.ir import Graph, Node
from edgeface.graph.ops.reduction import Reduce, ReduceMax, ReduceMean, ReduceMin, ReduceSum
from edgeface.graph.ops.shape import Reshape
from edgeface.graph.ops.spatial import GlobalAveragePool
from edgeface.graph.rewrite import Rewrite, apply_rules


def keep_reduced_axes(graph: Graph) -> Graph:
    """The graph whose reductions keep their axes, those after one another merged, means over images as pooling."""
    return apply_rules(apply_rules(graph, keep, merge, drop), pool)


def keep(graph: Graph, node: Node) -> Rewrite | None:
    """Fires where a reduction leaves its axes out."""
    if not isinstance(node.op, Reduce) or node.op.keepdims or not node.op.axes:
        return None
    kept = f"{node.output}/kept"
    reduced = Node(replace(node.op, keepdims=True), node.inputs, (kept,), node.origin)
    shape = Reshape(graph.type(node.output).shape)
    return Rewrite([node], [reduced, Node(shape, (kept,), node.outputs, node.origin)])


def merge(graph: Graph, node: Node) -> Rewrite | None:
    """Fires for a mean of a mean, and the like, that reads it directly or through the Reshape that leaves axes out."""
    if not isinstance(node.op, ReduceMean | ReduceMax | ReduceMin | ReduceSum) or not node.op.keepdims:
        return None
    before = graph.producers.get(node.inputs[0])
    left_out = before if before is not None and isinstance(before.op, Reshape) else None
    first = graph.producers.get(left_out.inputs[0]) if left_out is not None else before
    if (
        first is None
        or not isinstance(first.op, Reduce)
        or not first.op.keepdims
        or type(first.op) is not type(node.op)
    ):
        return None
    kept = [axis for axis in range(graph.type(first.output).rank) if axis not in first.op.axes]
    if left_out is not None and graph.type(left_out.output).shape != _sizes(graph, first.output, kept):
        return None
    own = node.op.axes if left_out is None else tuple(kept[axis] for axis in node.op.axes)
    op = replace(node.op, axes=tuple(sorted({*first.op.axes, *own})))
    if left_out is None:
        return Rewrite([node], [Node(op, first.inputs, node.outputs, node.origin)])
    made = f"{node.output}/whole"
    shape = Reshape(graph.type(node.output).shape)
    return Rewrite(
        [node],
        [Node(op, first.inputs, (made,), node.origin), Node(shape, (made,), node.outputs, node.origin)],
    )


def _sizes(graph: Graph, name: str, axes: list[int]) -> tuple[int, ...]:
    return tuple(graph.type(name).shape[axis] for axis in axes)


def drop(graph: Graph, node: Node) -> Rewrite | None:
    """Fires for a reduction of no axes."""
    if not isinstance(node.op, Reduce) or node.op.axes:
        return None
    return Rewrite([node], [Node(Reshape(graph.type(node.output).shape), node.inputs, node.outputs, node.origin)])


def pool(graph: Graph, node: Node) -> Rewrite | None:
    """Fires for the mean over height and width of an image."""
    if not isinstance(node.op, ReduceMean) or node.op.axes != (2, 3) or graph.type(node.inputs[0]).rank != 4:
        return None
    return Rewrite([node], [Node(GlobalAveragePool(), node.inputs, node.outputs, node.origin)])
