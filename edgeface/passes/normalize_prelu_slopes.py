"""Normalize the slopes of PReLU between convolutions to 1 or below.

With x' = −x, a channel of slope a > 1 is −a·PReLU(x') of slope 1/a, so the producer's filter changes its sign and the
readers' are multiplied by −a. A PReLU with slopes up to 1 is max(x, a·x), or x + max((a − 1)·x, 0), which kernels run
fast in float and in integers.
"""

from __future__ import annotations

import numpy as np

from edgeface.graph.channels import by_axis, channel_slopes, for_channels
from edgeface.graph.ir import Graph, Node
from edgeface.graph.ops.conv import Conv
from edgeface.graph.rewrite import Refusal, Rewrite, apply_rules


def normalize_prelu_slopes(graph: Graph) -> Graph:
    """The graph without slopes above 1 in Conv → PReLU → Conv."""
    return apply_rules(graph, flip)


def flip(graph: Graph, node: Node) -> Rewrite | Refusal | None:
    """Change the sign of the channels with slopes above 1 in Conv → PReLU → Conv; their slope becomes 1/a."""
    slope = channel_slopes(graph, node)
    if slope is None or not (slope > 1).any():
        return None
    producer = graph.producers.get(node.inputs[0])
    readers = graph.consumers[node.output]
    if producer is None or not _owns_weights(graph, producer) or producer.op.fused != "none":
        return Refusal("its input is not from a convolution with unshared weights")
    if graph.only_reader(producer.output) is None or node.output in graph.outputs or not readers:
        return Refusal("its input or output has other readers")
    if not all(_owns_weights(graph, reader) and _aligned(graph, reader) for reader in readers):
        return Refusal("not all its readers are convolutions with a filter per channel")
    steep = slope > 1
    sign, gain = np.where(steep, -1.0, 1.0), np.where(steep, -slope, 1.0)
    constants = {f"{name}/flipped": by_axis(graph, name, sign, 0) for name in producer.inputs[1:]}
    normalized = f"{node.output}/slopes"  # a new constant: another PReLU may share the old one
    constants[normalized] = for_channels(np.where(steep, 1 / np.where(steep, slope, 1.0), slope), 4)
    changed = [
        Node(
            producer.op,
            (producer.inputs[0], *(f"{name}/flipped" for name in producer.inputs[1:])),
            producer.outputs,
            producer.origin,
        ),
        Node(node.op, (node.inputs[0], normalized), node.outputs, node.origin),
    ]
    for reader in readers:
        weight = reader.inputs[1]
        constants[f"{weight}/flipped"] = by_axis(graph, weight, gain, 0 if _depthwise(graph, reader) else 1)
        inputs = (reader.inputs[0], f"{weight}/flipped", *reader.inputs[2:])
        changed.append(Node(reader.op, inputs, reader.outputs, reader.origin))
    return Rewrite([producer, node, *readers], changed, constants)


def _owns_weights(graph: Graph, node: Node) -> bool:
    return isinstance(node.op, Conv) and all(
        graph.constant(name) is not None and len(graph.consumers[name]) == 1 for name in node.inputs[1:]
    )


def _depthwise(graph: Graph, node: Node) -> bool:
    weight = graph.type(node.inputs[1]).shape
    return isinstance(node.op, Conv) and node.op.is_depthwise(weight) and weight[0] == node.op.groups


def _aligned(graph: Graph, node: Node) -> bool:
    """Whether each input channel has its own weights: dense, or depthwise with one filter per channel."""
    return isinstance(node.op, Conv) and (node.op.groups == 1 or _depthwise(graph, node))
