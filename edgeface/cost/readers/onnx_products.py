"""Products that one operator holds: those of attention, and those that an Einsum's equation names."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgeface.cost.network import Tensor
from edgeface.errors import GraphError
from edgeface.graph.onnx_steps.walk import attribute_of

if TYPE_CHECKING:
    import onnx

_PAST_KEYS = 4  # input


def attention_macs(node: onnx.NodeProto, tensors: Mapping[str, Tensor], where: str) -> int:
    """Multiply–accumulates of Attention (opset 23): queries by keys, and the weights by the values, in every head.

    Queries are [batch, heads, tokens, width], or [batch, tokens, heads · width] with `q_num_heads`; keys of the past
    are attended to as well.

    Raises:
        GraphError: queries, keys or values have other axes.
    """
    query, key, value = (tensors[name].shape for name in node.input[:3])
    past = tensors[node.input[_PAST_KEYS]].shape if len(node.input) > _PAST_KEYS and node.input[_PAST_KEYS] else None
    if not {len(query), len(key), len(value)} <= {3, 4} or (past is not None and len(past) != 4):
        raise GraphError("queries, keys and values must have 3 or 4 axes", where=where)
    heads, kept = (_heads(node, name, shape) for name, shape in (("q_num_heads", query), ("kv_num_heads", key)))
    attended = key[-2] + (0 if past is None else past[-2])
    widths = (query[-1] if len(query) == 4 else query[-1] // heads) + (
        value[-1] if len(value) == 4 else value[-1] // kept
    )
    return query[0] * heads * query[-2] * attended * widths


def _heads(node: onnx.NodeProto, name: str, shape: tuple[int, ...]) -> int:
    attribute = attribute_of(node, name)
    return shape[1] if len(shape) == 4 else max(attribute.i if attribute is not None else 1, 1)


@dataclass(frozen=True)
class IndexProduct:
    """A product of two tensors by their indices.

    Attributes:
        macs: multiply–accumulates.
        inner: sizes of the indices that are summed over, multiplied; at least 1.
        left, right: sizes of the indices of the result that only one operand has, multiplied; at least 1.
    """

    macs: int
    inner: int
    left: int
    right: int


def index_product(node: onnx.NodeProto, tensors: Mapping[str, Tensor], where: str) -> IndexProduct | None:
    """The product that an Einsum computes; None for one operand, which it only moves and adds.

    Raises:
        GraphError: the equation has more than two operands or an ellipsis, or does not fit the tensors.
    """
    attribute = attribute_of(node, "equation")
    equation = "" if attribute is None else attribute.s.decode(errors="replace").replace(" ", "")
    operands = equation.partition("->")[0].split(",")
    if len(operands) != len(node.input) or len(operands) > 2 or "." in equation:
        raise GraphError(
            f"the work of the equation {equation!r} is unknown",
            where=where,
            fix="export the model with MatMul, or with an equation of one or two operands without an ellipsis",
        )
    sizes: dict[str, int] = {}
    for indices, name in zip(operands, node.input, strict=True):
        shape = tensors[name].shape
        fits = len(indices) == len(shape)
        if not fits or any(sizes.setdefault(i, n) != n for i, n in zip(indices, shape, strict=True)):
            raise GraphError(f"the equation {equation!r} does not fit the tensors", where=where)
    if len(operands) == 1:
        return None
    first, second = map(set, operands)
    result = set(equation.partition("->")[2]) if "->" in equation else first ^ second
    return IndexProduct(
        math.prod(sizes.values()),
        math.prod(max(sizes[i], 1) for i in sizes if i not in result),
        math.prod(max(sizes[i], 1) for i in result & first - second),
        math.prod(max(sizes[i], 1) for i in result & second - first),
    )
