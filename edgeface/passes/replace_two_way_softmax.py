"""Replace softmax over two classes by two sigmoids of folded differences.

softmax([a, b]) = [σ(a − b), σ(b − a)], and the differences fold into the convolutions that produce a and b, so that the
output keeps its shape and needs neither an exponential sum nor an unsupported integer kernel.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from edgeface.graph.ir import Graph, Node
from edgeface.graph.ops.activations import Sigmoid, Softmax
from edgeface.graph.ops.arithmetic import Concat
from edgeface.graph.ops.conv import Conv, Gemm
from edgeface.graph.ops.shape import Reshape, Transpose
from edgeface.graph.rewrite import Refusal, Rewrite, apply_rules
from edgeface.graph.types import Array


def replace_two_way_softmax(graph: Graph) -> Graph:
    """The graph with softmax of pairs as Sigmoid, its differences folded into the preceding layers."""
    return apply_rules(graph, replace)


@dataclass(frozen=True)
class _Head:
    """A layer whose output channels 2k and 2k+1 are the pair of class k."""

    node: Node
    weight: Array
    bias: Array


def replace(graph: Graph, node: Node) -> Rewrite | Refusal | None:
    """Fires where the pairs are adjacent output channels of layers without other readers."""
    if not isinstance(node.op, Softmax):
        return None
    kind = graph.type(node.inputs[0])
    if node.op.axis % kind.rank != kind.rank - 1 or kind.shape[-1] != 2:
        return Refusal("not a softmax over a last axis of two")
    heads: list[_Head] = []
    reason = _collect(graph, node.inputs[0], heads)
    if reason:
        return Refusal(reason)
    removed, added = [node], list[Node]()
    constants: dict[str, Array] = {}
    for head in heads:
        names = (f"{head.node.output}/difference_weight", f"{head.node.output}/difference_bias")
        constants |= {names[0]: _difference(head.weight), names[1]: _difference(head.bias)}
        removed.append(head.node)
        inputs = (head.node.inputs[0], *names)
        added.append(Node(head.node.op, inputs, head.node.outputs, head.node.origin))
    added.append(Node(Sigmoid(), node.inputs, node.outputs, node.origin))
    return Rewrite(removed, added, constants)


def _difference(rows: Array) -> Array:
    """The differences of rows 2k and 2k+1, in both directions."""
    pairs = rows.reshape(-1, 2, *rows.shape[1:])
    return np.ascontiguousarray((pairs - pairs[:, ::-1]).reshape(rows.shape))


def _collect(graph: Graph, name: str, heads: list[_Head], permuted: bool = False) -> str | None:
    """Collect the layers that produce the pairs; returns the reason if that is impossible.

    `permuted` means that a Transpose moved a convolution's channels to the last axis.
    """
    producer = graph.producers.get(name)
    if producer is None or graph.only_reader(name) is None:
        return f"{name!r} is an input, an output or has other readers"
    if permuted or isinstance(producer.op, Gemm):
        return (
            _take_head(graph, producer, heads) if isinstance(producer.op, Conv | Gemm) else f"{producer} is not a layer"
        )
    before, after = graph.type(producer.inputs[0]), graph.type(name)
    if isinstance(producer.op, Concat) and producer.op.axis % after.rank != after.rank - 1:
        reasons = (_collect(graph, branch, heads) for branch in producer.inputs)
        return next((reason for reason in reasons if reason), None)
    if isinstance(producer.op, Reshape) and after.shape[-1] == 2 and before.shape[-1] % 2 == 0:
        return _collect(graph, producer.inputs[0], heads)
    if isinstance(producer.op, Transpose) and producer.op.perm == (0, 2, 3, 1):
        return _collect(graph, producer.inputs[0], heads, permuted=True)
    return f"channels cannot be paired through {producer}"


def _take_head(graph: Graph, layer: Node, heads: list[_Head]) -> str | None:
    if any(head.node is layer for head in heads):
        return f"{layer} is concatenated with itself"
    weight = graph.constant(layer.inputs[1])
    bias = graph.constant(layer.inputs[2]) if len(layer.inputs) > 2 else None
    if weight is None or layer.op.fused != "none" or weight.shape[0] % 2:
        return f"{layer} has computed weights, an activation or an odd number of channels"
    heads.append(_Head(layer, weight, np.zeros(weight.shape[0], np.float32) if bias is None else bias))
    return None
