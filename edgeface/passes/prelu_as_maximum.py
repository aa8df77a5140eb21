"""Replace PReLU by max(x, a·x), which is exact where every slope a is 1 or below.

TensorRT fuses a product and a maximum into the convolution before them, and runs PReLU as a separate kernel.
"""

from __future__ import annotations

from edgeface.graph.channels import channel_slopes
from edgeface.graph.ir import Graph, Node
from edgeface.graph.ops.activations import PRelu
from edgeface.graph.ops.arithmetic import Mul
from edgeface.graph.ops.extremes import Max
from edgeface.graph.rewrite import Refusal, Rewrite, apply_rules


def prelu_as_maximum(graph: Graph) -> Graph:
    """The graph without PReLU of constant slopes up to 1."""
    return apply_rules(graph, rewrite_prelu)


def rewrite_prelu(graph: Graph, node: Node) -> Rewrite | Refusal | None:
    """Fires where all slopes are constants of 1 or below."""
    if not isinstance(node.op, PRelu):
        return None
    slope = channel_slopes(graph, node)
    if slope is None:
        return Refusal("its slopes are not one constant per channel")
    if (slope > 1).any():
        return Refusal("a slope is above 1")
    x, below = node.inputs[0], f"{node.output}/below"
    nodes = [
        Node(Mul(), (x, node.inputs[1]), (below,), node.origin),
        Node(Max(), (x, below), node.outputs, node.origin),
    ]
    return Rewrite([node], nodes)
