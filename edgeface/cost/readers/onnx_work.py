"""The work of one ONNX operator, from the shapes of its tensors."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgeface.cost.network import Tensor
from edgeface.cost.readers.onnx_operators import COUNTED, ROLES
from edgeface.cost.readers.onnx_products import attention_macs, index_product
from edgeface.cost.work import Bias, Convolution, Deconvolution, Dense, MatrixProduct, Role, Uncounted, Work
from edgeface.errors import GraphError
from edgeface.graph.onnx_contradictions import check_convolution

if TYPE_CHECKING:
    import onnx

_STANDARD = {"", "ai.onnx"}
_WEIGHT_AT = {"QLinearConv": 3, "QLinearMatMul": 3}
_BIAS_AT = {"Conv": 2, "ConvTranspose": 2, "QLinearConv": 8, "Gemm": 2}


@dataclass(frozen=True)
class Operator:
    """A node with its tensors. `constant` names all tensors that are known before the model runs."""

    node: onnx.NodeProto
    tensors: Mapping[str, Tensor]
    constant: Mapping[str, tuple[str, ...]]
    where: str

    def shape(self, index: int) -> tuple[int, ...]:
        """Shape of input `index`."""
        return self.tensors[self.node.input[index]].shape

    def given(self, index: int) -> bool:
        """Whether an optional input is present."""
        return index < len(self.node.input) and self.node.input[index] != ""

    def attribute(self, name: str, default: int) -> int:
        """An integer attribute."""
        return next((int(a.i) for a in self.node.attribute if a.name == name), default)


def refuse_unknown(node: onnx.NodeProto, where: str) -> None:
    """Reject operators that cannot be counted: unknown operators never count as free.

    Raises:
        GraphError: the operator is neither counted nor known to be free.
    """
    if node.domain not in _STANDARD or (node.op_type not in ROLES and node.op_type not in COUNTED):
        name = node.op_type if node.domain in _STANDARD else f"{node.domain}::{node.op_type}"
        raise GraphError(
            f"the cost of the operator {name} is unknown, so no total would be correct",
            where=where,
            fix="export the model with standard operators; quantized models in Q/DQ form",
        )


def work_of(operator: Operator) -> Work:
    """The work of a node of a known operator.

    Raises:
        GraphError: the shapes do not match the operator.
    """
    node = operator.node
    if node.op_type in ROLES:
        return Uncounted(_role(operator, ROLES[node.op_type]))
    if node.op_type == "Attention":
        return MatrixProduct(attention_macs(node, operator.tensors, operator.where))
    if node.op_type == "Einsum":
        return _einsum(operator)
    if "Conv" in node.op_type:
        return _convolution(operator)
    return _product(operator)


def _role(operator: Operator, role: Role) -> Role:
    """The role of a node; a mean over the whole map is global pooling in all its forms."""
    node = operator.node
    if node.op_type == "Reshape":  # onnx infers the given shape without checking the number of elements
        before, after = operator.shape(0), operator.tensors[node.output[0]].shape
        if math.prod(before) != math.prod(after):
            raise GraphError(
                f"the tensors do not match: {list(before)} cannot be reshaped to {list(after)}",
                where=operator.where,
                fix="export the model with batch 1; a fixed reshape inside it also forbids another --input",
            )
    if role in {"reduce", "pool"} and node.op_type in {"ReduceMean", "AveragePool"}:
        before, after = operator.shape(0), operator.tensors[node.output[0]].shape
        vectors = (before[0] * before[1], before[0] * before[3]) if len(before) == 4 else ()
        return "global_pool" if math.prod(after) in vectors and math.prod(after) < math.prod(before) else role
    return role


def _convolution(operator: Operator) -> Work:
    node = operator.node
    weight = operator.shape(_WEIGHT_AT.get(node.op_type, 1))
    source, result = operator.shape(0), operator.tensors[node.output[0]].shape
    groups, taps = operator.attribute("group", 1), math.prod(weight[2:])
    bias: Bias = "own" if _has_bias(operator, result[1]) else "none"
    transposed = node.op_type == "ConvTranspose"
    check_convolution(node, weight, operator.where)
    fits = len(source) == len(result) == len(weight) >= 3 and groups >= 1 and source[1] % groups == 0
    if not fits or (weight[0] if transposed else weight[1] * groups) != source[1]:
        raise GraphError(
            f"weights {list(weight)} in {groups} group(s) do not match an input of {list(source)}", where=operator.where
        )
    if transposed:
        return Deconvolution(source[1], result[1], taps, groups, source[0] * math.prod(source[2:]), bias)
    return Convolution(source[1], weight[0], taps, groups, result[0] * math.prod(result[2:]), bias)


def _product(operator: Operator) -> Work:
    node = operator.node
    second = _WEIGHT_AT.get(node.op_type, 1)
    left, right, result = operator.shape(0), operator.shape(second), operator.tensors[node.output[0]].shape
    turned = bool(operator.attribute("transA", 0))
    inner = left[-2] if turned and len(left) > 1 else left[-1]
    macs = math.prod(result) * inner
    names = (node.input[0], node.input[second])
    constant = [name in operator.constant for name in names]
    if not any(constant):
        return MatrixProduct(macs)
    weight = right if constant[1] else left
    width = math.prod(weight) // max(inner, 1)
    bias: Bias = "own" if _has_bias(operator, width) else "none"
    return Dense(inner, width, math.prod(result) // max(width, 1), bias)


def _einsum(operator: Operator) -> Work:
    """A sum of products in any order of axes: of a constant operand a dense layer, of two computed ones a product."""
    product = index_product(operator.node, operator.tensors, operator.where)
    if product is None:
        return Uncounted("reduce")
    constant = [name in operator.constant for name in operator.node.input]
    if not any(constant):
        return MatrixProduct(product.macs)
    width = product.right if constant[1] else product.left
    return Dense(product.inner, width, product.macs // (product.inner * width))


def _has_bias(operator: Operator, width: int) -> bool:
    """Whether there is a bias of one number per output.

    Zeros computed only from sizes do not count: PyTorch's exporter writes them if there is no bias.
    """
    at = _BIAS_AT.get(operator.node.op_type)
    if at is None or not operator.given(at) or math.prod(operator.shape(at)) not in {1, width}:
        return False
    name = operator.node.input[at]
    stored = stored_numbers(name, operator.tensors, operator.constant)
    return name not in operator.constant or stored >= operator.tensors[name].count


def stored_numbers(name: str, tensors: Mapping[str, Tensor], constant: Mapping[str, tuple[str, ...]]) -> int:
    """The number of stored numbers behind a constant: fewer than its elements if it repeats them."""
    return sum(tensors[root].count for root in constant.get(name, ()))
