"""Move an activation that follows a Concat into the Concat's branches.

This is exact for element-wise functions. In the branches, the activation can be fused into the convolutions, and in
int8 each branch is clipped before the shared scale is chosen.
"""

from __future__ import annotations

from edgeface.graph.ir import Graph, Node
from edgeface.graph.ops.activations import Clip, LeakyRelu, Relu, Sigmoid
from edgeface.graph.ops.arithmetic import Concat
from edgeface.graph.rewrite import Refusal, Rewrite, apply_rules


def hoist_activation(graph: Graph) -> Graph:
    """The graph with Concat → activation as activations → Concat."""
    return apply_rules(graph, hoist)


def hoist(graph: Graph, node: Node) -> Rewrite | Refusal | None:
    """Fires for activations that are the same for all channels, on a Concat without other readers."""
    if not isinstance(node.op, Relu | LeakyRelu | Clip | Sigmoid):
        return None
    concat = graph.producers.get(node.inputs[0])
    if concat is None or not isinstance(concat.op, Concat):
        return None
    if graph.only_reader(concat.output) is None:
        return Refusal("the concatenation has other readers")
    branches = [f"{node.output}/branch_{i}" for i in range(len(concat.inputs))]
    activations = [Node(node.op, (x,), (b,), node.origin) for x, b in zip(concat.inputs, branches, strict=True)]
    joined = Node(concat.op, tuple(branches), node.outputs, concat.origin)
    return Rewrite([concat, node], [*activations, joined])
