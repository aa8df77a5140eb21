"""Linear resizes by asymmetric coordinates, which ncnn lacks, as a product with each axis' weights."""

from __future__ import annotations

import numpy as np

from edgeface.graph.ir import Graph, Node
from edgeface.graph.ops.conv import Conv
from edgeface.graph.ops.resampling import Resampling
from edgeface.graph.ops.shape import Transpose
from edgeface.graph.ops.spatial import Resize
from edgeface.graph.rewrite import Rewrite, apply_rules
from edgeface.graph.types import Array

_TURNS = ((2, (0, 2, 1, 3)), (3, (0, 3, 2, 1)))
"""The axes of an image, and what puts each in the place of the channels and back."""


def expand_resize(graph: Graph) -> Graph:
    """The graph without linear resizes that have asymmetric coordinates."""
    return apply_rules(graph, expand)


def expand(graph: Graph, node: Node) -> Rewrite | None:
    """A 1×1 convolution over the pixels of each axis that changes, turned to be the channels."""
    op, shape = node.op, graph.type(node.inputs[0]).shape
    if not isinstance(op, Resize) or (op.mode, op.rule) != ("linear", "asymmetric"):
        return None
    nodes: list[Node] = []
    constants: dict[str, Array] = {}
    read = node.inputs[0]
    for (axis, perm), size in zip(_TURNS, op.size, strict=True):
        there, product, back = (f"{node.output}/axis_{axis}/{part}" for part in ("turned", "product", "back"))
        weights = Resampling("linear", "asymmetric").weights(shape[axis], size, size / shape[axis])
        constants[f"{product}/weights"] = weights[:, :, None, None].astype(np.float32)
        back = back if axis == 2 else node.output
        nodes += [
            Node(Transpose(perm), (read,), (there,), node.origin),
            Node(Conv(), (there, f"{product}/weights"), (product,), node.origin),
            Node(Transpose(perm), (product,), (back,), node.origin),
        ]
        read = back
    return Rewrite([node], nodes, constants)
