"""Fuse ReLU and ReLU6 into the op that produces their input."""

from __future__ import annotations

from dataclasses import replace

from edgeface.graph.ir import Graph, Node
from edgeface.graph.ops.activations import Clip, Relu
from edgeface.graph.ops.arithmetic import Add, Mul, Sub
from edgeface.graph.ops.base import FusedActivation
from edgeface.graph.ops.conv import Conv, Gemm
from edgeface.graph.ops.conv_transpose import ConvTranspose
from edgeface.graph.rewrite import Refusal, Rewrite, apply_rules


def fuse_activation(graph: Graph) -> Graph:
    """The graph with Conv → ReLU as one Conv; the same for ConvTranspose, Gemm, Add, Sub and Mul."""
    return apply_rules(graph, fuse)


def fuse(graph: Graph, node: Node) -> Rewrite | Refusal | None:
    """Fires for max(x, 0) and min(max(x, 0), 6) on a result without other readers."""
    kind = _kind(node)
    if kind is None:
        return None
    producer = graph.producers.get(node.inputs[0])
    if producer is None or not isinstance(producer.op, Conv | ConvTranspose | Gemm | Add | Sub | Mul):
        return Refusal("its input is not from an op that can fuse an activation")
    if producer.op.fused != "none":
        return Refusal("the op before it already has an activation")
    if graph.only_reader(producer.output) is None:
        return Refusal(f"{producer.output!r} has other readers")
    fused = Node(replace(producer.op, activation=kind), producer.inputs, node.outputs, producer.origin)
    return Rewrite([producer, node], [fused])


def _kind(node: Node) -> FusedActivation | None:
    if isinstance(node.op, Relu) or node.op == Clip(0.0, float("inf")):
        return "relu"
    return "relu6" if node.op == Clip(0.0, 6.0) else None
