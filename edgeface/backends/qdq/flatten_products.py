"""Integer matrix products along the last axis of any value as products of matrices, which is all that Gemm is in ONNX.

The Reshapes around them are nodes of the graph, so that Q/DQ stand next to the product, where runtimes look for them.
"""

from __future__ import annotations

import math
from dataclasses import replace

from edgeface.graph.ir import Graph, Node
from edgeface.graph.ops.conv import Gemm
from edgeface.graph.ops.shape import Reshape
from edgeface.quantize.plan import FLOATS, QuantPlan


def flatten_products(graph: Graph, plan: QuantPlan) -> tuple[Graph, QuantPlan]:
    """The graph with integer Gemms of matrices only, and the plan with the scales of the reshaped values."""
    nodes: list[Node] = []
    params = dict(plan.params)
    flat: set[str] = set()
    for node in graph.nodes:
        kind = graph.type(node.inputs[0])
        if not isinstance(node.op, Gemm) or kind.rank == 2 or plan.dtype(node.output) in FLOATS:
            nodes.append(node)
            continue
        source, rows, made = node.inputs[0], f"{node.inputs[0]}/rows", f"{node.output}/product"
        if rows not in flat:
            flat.add(rows)
            nodes.append(Node(Reshape((math.prod(kind.shape[:-1]), kind.shape[-1])), (source,), (rows,), node.origin))
        nodes.append(Node(node.op, (rows, *node.inputs[1:]), (made,), node.origin))
        nodes.append(Node(Reshape(graph.type(node.output).shape), (made,), node.outputs, node.origin))
        params |= {new: plan.params[old] for new, old in ((rows, source), (made, node.output)) if old in plan.params}
    if not flat:
        return graph, plan
    return graph.rebuild(nodes), replace(plan, params=params)
