"""Store weights in float16, and read them as float32."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from edgeface.backends.qdq.half import HALF_MAX
from edgeface.graph.ir import Graph, Node
from edgeface.graph.ops.quantization import Cast
from edgeface.graph.types import Array


def halve_weights(graph: Graph) -> Graph:
    """The graph with its float32 constants in float16, behind casts to float32; those that do not fit stay.

    OpenVINO widens them once, when it compiles the model, and computes in float32.
    """
    constants: dict[str, Array] = graph.constants
    widened: dict[str, str] = {}
    nodes: list[Node] = []
    for node in graph.nodes:
        for name in node.inputs:
            data = graph.constant(name)
            if data is not None and name not in widened and _fits(data):
                stored, widened[name] = f"{name}/half", f"{name}/single"
                constants[stored] = data.astype(np.float16)
                nodes.append(Node(Cast("float32"), (stored,), (widened[name],), node.origin))
        nodes.append(replace(node, inputs=tuple(widened.get(name, name) for name in node.inputs)))
    return graph.rebuild(nodes, constants)


def _fits(data: Array) -> bool:
    return data.dtype == np.float32 and float(np.abs(data).max(initial=0)) <= HALF_MAX
