"""Write every matrix product as Gemm by a constant weight, or as MatMul of two computed values."""

from __future__ import annotations

import numpy as np

from edgeface.graph.ir import Graph, Node
from edgeface.graph.ops.arithmetic import Add, Mul
from edgeface.graph.ops.conv import Gemm
from edgeface.graph.ops.matmul import GeneralGemm, MatMul
from edgeface.graph.ops.shape import Transpose
from edgeface.graph.rewrite import Refusal, Rewrite, apply_rules
from edgeface.graph.types import Array


def normalize_products(graph: Graph) -> Graph:
    """The graph without GeneralGemm, and with products by one constant matrix as Gemm, whichever side it is on."""
    return apply_rules(graph, expand_gemm, take_constant_right, turn_constant_left)


def expand_gemm(graph: Graph, node: Node) -> Rewrite | None:
    """alpha·A·B + beta·C as transposes, a product, and what remains of factors and the addend."""
    op = node.op
    if not isinstance(op, GeneralGemm):
        return None
    added: list[Node] = []
    constants: dict[str, Array] = {}

    def then(kind: Transpose | MatMul | Gemm | Mul | Add, suffix: str, *inputs: str) -> str:
        added.append(Node(kind, inputs, (f"{node.output}/{suffix}",), node.origin))
        return added[-1].output

    def scaled(name: str, factor: float, suffix: str) -> str:
        if factor == 1.0:
            return name
        number, data = f"{node.output}/{suffix}", graph.constant(name) if name in graph.values else None
        constants[number] = np.asarray(np.float32(factor) * (1.0 if data is None else data), np.float32)
        return number if data is not None else then(Mul(), f"{suffix}_product", name, number)

    a, b = node.inputs[:2]
    left = then(Transpose((1, 0)), "a", a) if op.transA else a
    weight = graph.constant(b)
    if weight is not None and graph.constant(a) is None:
        name = f"{node.output}/weight"
        constants[name] = np.ascontiguousarray((weight if op.transB else weight.T) * np.float32(op.alpha))
        made = then(Gemm(), "product", left, name)
    else:
        right = then(Transpose((1, 0)), "b", b) if op.transB else b
        made = scaled(then(MatMul(), "product", left, right), op.alpha, "alpha")
    if len(node.inputs) > 2:
        then(Add(), "sum", made, scaled(node.inputs[2], op.beta, "beta"))
    last = added.pop()
    return Rewrite([node], [*added, Node(last.op, last.inputs, node.outputs, node.origin)], constants)


def take_constant_right(graph: Graph, node: Node) -> Rewrite | None:
    """x·W as a Gemm with the weight Wᵀ: [outputs, inputs]."""
    if not isinstance(node.op, MatMul) or (weight := graph.constant(node.inputs[1])) is None:
        return None
    if weight.ndim != 2 or graph.constant(node.inputs[0]) is not None:
        return None
    name = f"{node.output}/weight"
    added = [Node(Gemm(), (node.inputs[0], name), node.outputs, node.origin)]
    return Rewrite([node], added, {name: np.ascontiguousarray(weight.T)})


def turn_constant_left(graph: Graph, node: Node) -> Rewrite | Refusal | None:
    """W·x = (xᵀ·Wᵀ)ᵀ, where the weight of the Gemm in the middle is W itself: [outputs, inputs]."""
    if not isinstance(node.op, MatMul) or (weight := graph.constant(node.inputs[0])) is None:
        return None
    kind = graph.type(node.inputs[1])
    if weight.ndim != 2 or graph.constant(node.inputs[1]) is not None:
        return Refusal("not one constant matrix by computed ones")
    perm = (*range(kind.rank - 2), kind.rank - 1, kind.rank - 2)
    turned, made = f"{node.output}/turned", f"{node.output}/product"
    added = [
        Node(Transpose(perm), (node.inputs[1],), (turned,), node.origin),
        Node(Gemm(), (turned, node.inputs[0]), (made,), node.origin),
        Node(Transpose(perm), (made,), node.outputs, node.origin),
    ]
    return Rewrite([node], added)
