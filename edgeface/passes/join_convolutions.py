"""Join convolutions that read the same image into one, whose result is cut up again.

Kernels compute whole tiles of output channels, so heads with 4, 8 and 20 channels cost as much as 8, 8 and 24; and what
is done with the image, e.g. Winograd's transform, is done once.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from edgeface.graph.ir import Graph, Node
from edgeface.graph.ops.conv import Conv
from edgeface.graph.ops.shape import Slice
from edgeface.graph.rewrite import Rewrite, apply


def join_convolutions(graph: Graph, wanted: Collection[str]) -> Graph:
    """The graph with each group of `joinable` convolutions of these outputs as one convolution and slices."""
    for group in joinable(graph, wanted):
        graph = apply(graph, _joined(graph, group))
    return graph


def joinable(graph: Graph, wanted: Collection[str]) -> list[tuple[Node, ...]]:
    """Groups of at least two convolutions that read the same image in the same way, with constant weights and biases."""
    groups: dict[object, list[Node]] = {}
    for node in graph.nodes:
        if isinstance(node.op, Conv) and node.op.groups == 1 and node.output in wanted and _constant(graph, node):
            kernel = graph.type(node.inputs[1]).shape[2:]
            groups.setdefault((node.inputs[0], node.op, kernel, len(node.inputs)), []).append(node)
    return [tuple(group) for group in groups.values() if len(group) > 1]


def joined_name(group: Sequence[Node]) -> str:
    """The value of a joined convolution."""
    return f"{group[0].output}/joined"


def _constant(graph: Graph, node: Node) -> bool:
    return all(graph.constant(name) is not None for name in node.inputs[1:])


def _joined(graph: Graph, group: Sequence[Node]) -> Rewrite:
    """One convolution instead of the group, where its first one was, and the cuts of its channels."""
    made, first = joined_name(group), group[0]
    names = [f"{made}/{kind}" for kind in ("weight", "bias")][: len(first.inputs) - 1]
    constants = {
        name: np.concatenate([graph.constants[node.inputs[index]] for node in group])
        for index, name in enumerate(names, 1)
    }
    added, start = [Node(first.op, (first.inputs[0], *names), (made,), first.origin)], 0
    for node in group:
        batch, channels, height, width = graph.type(node.output).shape
        cut = Slice((0, start, 0, 0), (batch, start + channels, height, width))
        added.append(Node(cut, (made,), node.outputs, node.origin))
        start += channels
    return Rewrite(group, added, constants)
