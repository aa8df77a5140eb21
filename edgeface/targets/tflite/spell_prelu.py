"""PReLU as a product and a sum, which XNNPACK runs in int8; its int8 PRELU falls back to a slow kernel.

With slope a ≤ 1, PReLU(x) = x + max((a − 1)·x, 0): where x ≥ 0 the second term is 0, elsewhere the two add up to a·x.
A slope above 1 is brought below first, where convolutions stand on both sides: with x' = −x the same channel is
−a·PReLU(x') of slope 1/a, so the producer's filter changes its sign and the readers' are multiplied by −a. Where that
cannot be done, the second term gets its sign from one product more.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from edgeface.graph.ir import Graph, Node
from edgeface.graph.ops.activations import PRelu
from edgeface.graph.ops.arithmetic import Add, Mul
from edgeface.graph.ops.conv import Conv
from edgeface.graph.rewrite import Refusal, Rewrite, Rule, apply_rules
from edgeface.graph.types import Array


def spell_prelu(graph: Graph, kept_float: Collection[str] = ()) -> Graph:
    """No PReLU with constant slopes is left but those whose values are computed in float."""

    def elsewhere(rule: Rule) -> Rule:
        return lambda graph, node: None if node.output in kept_float else rule(graph, node)

    return apply_rules(apply_rules(graph, elsewhere(flip_steep)), elsewhere(spell))


def flip_steep(graph: Graph, node: Node) -> Rewrite | Refusal | None:
    """Conv → PReLU → Conv with slopes above 1: those channels change their sign, and have slope 1/a."""
    slope = _slope(graph, node)
    if slope is None or not (slope > 1).any():
        return None
    producer = graph.producers.get(node.inputs[0])
    readers = graph.consumers[node.output]
    if producer is None or not _owns_weights(graph, producer) or producer.op.fused != "none":
        return Refusal("no convolution with weights of its own stands before it")
    if graph.only_reader(producer.output) is None or node.output in graph.outputs or not readers:
        return Refusal("what it reads or makes is also needed elsewhere")
    if not all(_owns_weights(graph, reader) and _aligned(graph, reader) for reader in readers):
        return Refusal("not only convolutions with a filter for each channel read it")
    steep = slope > 1
    sign, gain = np.where(steep, -1.0, 1.0), np.where(steep, -slope, 1.0)
    constants = {f"{name}/flipped": _by_axis(graph, name, sign, 0) for name in producer.inputs[1:]}
    constants[f"{node.inputs[1]}/flipped"] = _like(graph, node.inputs[1], np.where(steep, 1 / slope, slope))
    changed = [
        Node(
            producer.op,
            (producer.inputs[0], *(f"{name}/flipped" for name in producer.inputs[1:])),
            producer.outputs,
            producer.origin,
        ),
        Node(node.op, (node.inputs[0], f"{node.inputs[1]}/flipped"), node.outputs, node.origin),
    ]
    for reader in readers:
        weight = reader.inputs[1]
        constants[f"{weight}/flipped"] = _by_axis(graph, weight, gain, 0 if _depthwise(graph, reader) else 1)
        inputs = (reader.inputs[0], f"{weight}/flipped", *reader.inputs[2:])
        changed.append(Node(reader.op, inputs, reader.outputs, reader.origin))
    return Rewrite([producer, node, *readers], changed, constants)


def spell(graph: Graph, node: Node) -> Rewrite | Refusal | None:
    """PReLU(x) = x + s·max((a − 1)·s·x, 0) with s the sign of 1 − a."""
    slope = _slope(graph, node)
    if slope is None:
        return Refusal("its slopes are computed") if isinstance(node.op, PRelu) else None
    factor, sign, term = f"{node.output}/factor", f"{node.output}/sign", f"{node.output}/below"
    constants = {factor: _rows(graph, node, -np.abs(1 - slope))}
    nodes = [Node(Mul("relu"), (node.inputs[0], factor), (term,), node.origin)]
    if (slope > 1).any():
        constants[sign] = _rows(graph, node, np.where(slope > 1, -1.0, 1.0))
        nodes.append(Node(Mul(), (term, sign), (f"{term}/signed",), node.origin))
        term = f"{term}/signed"
    nodes.append(Node(Add(), (node.inputs[0], term), node.outputs, node.origin))
    return Rewrite([node], nodes, constants)


def _slope(graph: Graph, node: Node) -> Array | None:
    """One slope for each channel, float64, where they are constants."""
    if not isinstance(node.op, PRelu):
        return None
    data, shape = graph.constant(node.inputs[1]), graph.type(node.inputs[0]).shape
    if data is None or len(shape) < 2 or data.size not in {1, shape[1]}:
        return None
    return np.broadcast_to(data.astype(np.float64).ravel(), (shape[1],))


def _rows(graph: Graph, node: Node, values: Array) -> Array:
    """Numbers for each channel, repeated along a row of the image.

    XNNPACK's broadcasting makes one call for each run of memory that is not repeated: a pixel's channels if the
    constant is a pixel, but a whole row of pixels if it is a row, which saves most of the time.
    """
    shape = graph.type(node.inputs[0]).shape
    if len(shape) != 4:
        return _like(graph, node.inputs[1], values)
    return np.ascontiguousarray(np.broadcast_to(values.reshape(1, -1, 1, 1), (1, shape[1], 1, shape[3])), np.float32)


def _like(graph: Graph, slope: str, values: Array) -> Array:
    """Numbers for each channel in the shape that broadcasts as the slopes do."""
    data = graph.constants[slope]
    rank = max(data.ndim, 1)
    shape = data.shape if data.size == values.size else (values.size,) + (1,) * (rank - 1 if rank > 2 else 2)
    return values.reshape(shape).astype(np.float32)


def _by_axis(graph: Graph, name: str, factor: Array, axis: int) -> Array:
    data = graph.constants[name]
    shape = [-1 if i == axis else 1 for i in range(data.ndim)]
    scaled: Array = (data * factor.reshape(shape)).astype(np.float32)
    return scaled


def _owns_weights(graph: Graph, node: Node) -> bool:
    return isinstance(node.op, Conv) and all(
        graph.constant(name) is not None and len(graph.consumers[name]) == 1 for name in node.inputs[1:]
    )


def _depthwise(graph: Graph, node: Node) -> bool:
    weight = graph.type(node.inputs[1]).shape
    return isinstance(node.op, Conv) and node.op.is_depthwise(weight) and weight[0] == node.op.groups


def _aligned(graph: Graph, node: Node) -> bool:
    """Whether each input channel has weights of its own: dense, or depthwise with one filter a channel."""
    return isinstance(node.op, Conv) and (node.op.groups == 1 or _depthwise(graph, node))
