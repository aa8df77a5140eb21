"""Per-channel numbers of a value, and the constants that hold them."""

from __future__ import annotations

import numpy as np

from edgeface.graph.ir import Graph, Node
from edgeface.graph.ops.activations import PRelu
from edgeface.graph.types import Array


def channel_slopes(graph: Graph, node: Node) -> Array | None:
    """Slopes of a PReLU, float64 [channels]; None for other nodes and where slopes are computed or not per channel."""
    if not isinstance(node.op, PRelu):
        return None
    data, shape = graph.constant(node.inputs[1]), graph.type(node.inputs[0]).shape
    if data is None or len(shape) < 2:
        return None
    aligned = (1,) * (len(shape) - data.ndim) + data.shape
    if any(size != 1 for axis, size in enumerate(aligned) if axis != 1):
        return None
    return np.broadcast_to(data.astype(np.float64).ravel(), (shape[1],))


def for_channels(values: Array, rank: int) -> Array:
    """Per-channel numbers in the shape that broadcasts to [N,C,…] of rank `rank`, float32."""
    return values.reshape(-1, *(1,) * (rank - 2)).astype(np.float32)


def by_axis(graph: Graph, name: str, factor: Array, axis: int) -> Array:
    """A constant multiplied by one factor per index along an axis, float32."""
    data = graph.constants[name]
    shape = [-1 if i == axis else 1 for i in range(data.ndim)]
    scaled: Array = (data * factor.reshape(shape)).astype(np.float32)
    return scaled
