"""Give each PReLU slopes of its own: OpenVINO does not fuse one whose slopes another one reads too.

Networks share slopes where their code calls one module twice. OpenVINO then runs the PReLU by itself, channels first,
between two turnings of memory; nothing says so.
"""

from __future__ import annotations

from dataclasses import replace

from edgeface.graph.ir import Graph
from edgeface.graph.ops.activations import PRelu
from edgeface.graph.types import Array


def own_slopes(graph: Graph) -> Graph:
    """The graph with a constant of its own for each PReLU whose constant slopes have other readers."""
    copies: dict[str, Array] = {}
    nodes = []
    for node in graph.nodes:
        slopes = graph.constant(node.inputs[1]) if isinstance(node.op, PRelu) else None
        if slopes is not None and len(graph.consumers[node.inputs[1]]) > 1:
            own = f"{node.output}/own_slopes"
            copies[own] = slopes
            nodes.append(replace(node, inputs=(node.inputs[0], own)))
        else:
            nodes.append(node)
    return graph.rebuild(nodes, copies) if copies else graph
