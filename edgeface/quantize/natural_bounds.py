"""Ranges that follow from the network alone, for values that no calibration saw."""

from __future__ import annotations

from edgeface.graph.ir import Graph
from edgeface.graph.ops.activations import Sigmoid
from edgeface.graph.ops.conv import Conv


def natural_bounds(graph: Graph, name: str) -> tuple[float, float] | None:
    """0…1 for a sigmoid's result and for a mean of such results; None for other values."""
    node = graph.producers.get(name)
    if node is None:
        return None
    if isinstance(node.op, Sigmoid):
        return 0.0, 1.0
    if not isinstance(node.op, Conv) or node.op.groups != 1 or any(node.op.pads):
        return None
    constants = [graph.constant(n) for n in node.inputs[1:]]
    weight = constants[0]
    unbiased = all(bias is not None and not bias.any() for bias in constants[1:])
    if weight is None or not unbiased or (weight < 0).any():
        return None
    mean = (abs(weight.reshape(len(weight), -1).sum(axis=1) - 1) < 1e-5).all()
    return natural_bounds(graph, node.inputs[0]) if mean else None
