"""Numbers for each channel of a value, and the constants that hold them."""

from __future__ import annotations

import numpy as np

from edgeface.graph.ir import Graph, Node
from edgeface.graph.ops.activations import PRelu
from edgeface.graph.types import Array


def channel_slopes(graph: Graph, node: Node) -> Array | None:
    """Slopes of a PReLU, float64 [channels]; None where they are computed, or the node is none."""
    if not isinstance(node.op, PRelu):
        return None
    data, shape = graph.constant(node.inputs[1]), graph.type(node.inputs[0]).shape
    if data is None or len(shape) < 2 or data.size not in {1, shape[1]}:
        return None
    return np.broadcast_to(data.astype(np.float64).ravel(), (shape[1],))


def like(graph: Graph, slope: str, values: Array) -> Array:
    """Numbers for each channel in the shape that broadcasts as the slopes do."""
    data = graph.constants[slope]
    rank = max(data.ndim, 1)
    shape = data.shape if data.size == values.size else (values.size,) + (1,) * (rank - 1 if rank > 2 else 2)
    return values.reshape(shape).astype(np.float32)


def by_axis(graph: Graph, name: str, factor: Array, axis: int) -> Array:
    """A constant times a number for each index along an axis, float32."""
    data = graph.constants[name]
    shape = [-1 if i == axis else 1 for i in range(data.ndim)]
    scaled: Array = (data * factor.reshape(shape)).astype(np.float32)
    return scaled
