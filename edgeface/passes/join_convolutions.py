"""Join convolutions that read the same image into one, whose result is cut up again.

What is done with the image, e.g. Winograd's transform, is then done once.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from edgeface.graph.ir import Graph, Node
from edgeface.graph.ops.conv import Conv
from edgeface.graph.ops.shape import Slice
from edgeface.graph.types import Array
from edgeface.graph.verify import verify

SUFFIX = "/joined"


def join_convolutions(graph: Graph, wanted: Collection[str]) -> Graph:
    """The graph with those convolutions of these outputs as one that read the same image in the same way.

    They have constant weights and no groups. The value of the one is named after the first one's, with `SUFFIX`.
    """
    groups = {group[0].output: group for group in _groups(graph, wanted)}
    gone = {node.output for group in groups.values() for node in group}
    constants: dict[str, Array] = {}
    nodes: list[Node] = []
    for node in graph.nodes:
        if node.output in groups:  # the place of the first is right for all, since they read the same
            nodes += _joined(graph, groups[node.output], constants)
        elif node.output not in gone:
            nodes.append(node)
    joined = graph.rebuild(nodes, constants) if groups else graph
    verify(joined)
    return joined


def _groups(graph: Graph, wanted: Collection[str]) -> list[list[Node]]:
    """Groups of two or more convolutions that differ in weights and biases only."""
    found: dict[object, list[Node]] = {}
    for node in graph.nodes:
        if not isinstance(node.op, Conv) or node.op.groups > 1 or node.output not in wanted:
            continue
        if all(graph.constant(name) is not None for name in node.inputs[1:]):
            kernel = graph.type(node.inputs[1]).shape[2:]
            found.setdefault((node.inputs[0], node.op, kernel, len(node.inputs)), []).append(node)
    return [group for group in found.values() if len(group) > 1]


def _joined(graph: Graph, group: Sequence[Node], constants: dict[str, Array]) -> list[Node]:
    """One convolution instead of the group, and the cuts of its channels; adds to `constants`."""
    first = group[0]
    made = f"{first.output}{SUFFIX}"
    names = [f"{made}/{kind}" for kind in ("weight", "bias")][: len(first.inputs) - 1]
    for index, name in enumerate(names, 1):
        constants[name] = np.concatenate([graph.constants[node.inputs[index]] for node in group])
    nodes, start = [Node(first.op, (first.inputs[0], *names), (made,), first.origin)], 0
    for node in group:
        batch, channels, height, width = graph.type(node.output).shape
        cut = Slice((0, start, 0, 0), (batch, start + channels, height, width))
        nodes.append(Node(cut, (made,), node.outputs, node.origin))
        start += channels
    return nodes
