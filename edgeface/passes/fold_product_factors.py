"""Fold what follows a matrix product for each output, or all of them, into its weights and bias."""

from __future__ import annotations

import numpy as np

from edgeface.graph.ir import Graph, Node
from edgeface.graph.ops.arithmetic import Add, Div, Mul, Sub
from edgeface.graph.ops.conv import Gemm
from edgeface.graph.rewrite import Refusal, Rewrite, apply_rules
from edgeface.graph.types import Array


def fold_product_factors(graph: Graph) -> Graph:
    """The graph with Gemm → Add, Sub, Mul or Div by constants as one Gemm."""
    return apply_rules(graph, fold)


def fold(graph: Graph, node: Node) -> Rewrite | Refusal | None:
    """Fires for numbers that are equal in all rows, on a result without other readers."""
    if not isinstance(node.op, Add | Sub | Mul | Div) or node.op.fused != "none":
        return None
    at = next((i for i in (0, 1) if isinstance(_op_of(graph, node.inputs[i]), Gemm)), None)
    if at is None or (number := graph.constant(node.inputs[1 - at])) is None:
        return None
    layer = graph.producers[node.inputs[at]]
    weight = graph.constant(layer.inputs[1])
    bias = graph.constant(layer.inputs[2]) if len(layer.inputs) > 2 else None
    reason = _why_not(graph, node, layer, number, first=at == 0)
    if reason or weight is None or (bias is None and len(layer.inputs) > 2):
        return Refusal(reason or "the weights are computed")
    return _folded(node, layer, weight, bias, np.broadcast_to(number.reshape(-1), (weight.shape[0],)))


def _why_not(graph: Graph, node: Node, layer: Node, number: Array, *, first: bool) -> str:
    """Why numbers cannot be folded into a product, which is the first operand or the second; empty if they can."""
    by_output = number.ndim == 0 or number.size in {1, number.shape[-1]}
    if graph.type(layer.output) != graph.type(node.output) or not by_output:
        return "the numbers differ by row"
    if (isinstance(node.op, Div | Sub) and not first) or (isinstance(node.op, Div) and not number.all()):
        return "the product is what is subtracted, or what divides, or a divisor is 0"
    if graph.only_reader(layer.output) is None or layer.op.fused != "none":
        return "the product has other readers, or an activation"
    return ""


def _op_of(graph: Graph, name: str) -> object:
    return graph.producers[name].op if name in graph.producers else None


def _folded(node: Node, layer: Node, weight: Array, bias: Array | None, numbers: Array) -> Rewrite:
    own = np.zeros(len(numbers)) if bias is None else bias.astype(np.float64)
    names = layer.inputs[1], f"{node.output}/bias"
    constants: dict[str, Array] = {}
    if isinstance(node.op, Mul | Div):
        factor = numbers.astype(np.float64) if isinstance(node.op, Mul) else 1.0 / numbers.astype(np.float64)
        names = f"{node.output}/weight", names[1]
        constants[names[0]] = (weight * factor[:, None]).astype(np.float32)
        own = own * factor
    else:
        own = own + (numbers if isinstance(node.op, Add) else -numbers)
    inputs: tuple[str, ...] = (layer.inputs[0], names[0])
    if bias is not None or isinstance(node.op, Add | Sub):
        constants[names[1]] = own.astype(np.float32)
        inputs += (names[1],)
    return Rewrite([layer, node], [Node(layer.op, inputs, node.outputs, layer.origin)], constants)
