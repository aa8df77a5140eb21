"""Write ONNX Runtime's FusedMatMul of turned operands as Transpose and MatMul, once their number of axes is known."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from edgeface.graph.onnx_steps.expand_fused import DOMAIN
from edgeface.graph.onnx_steps.replacement import Replacement
from edgeface.graph.onnx_steps.walk import attribute_of, expand_nodes, opset_of

if TYPE_CHECKING:
    import onnx


def expand_turned_products(model: onnx.ModelProto) -> onnx.ModelProto:
    """The model, changed in place, without FusedMatMul whose operands' axes are in another order.

    ONNX's inference does not pass fused operators, so that each makes the next ones' axes known.
    """
    while any(_is_turned(node) for node in model.graph.node):
        before = len(model.graph.node)
        ranks, opset = _ranks(model), opset_of(model)
        model = expand_nodes(model, lambda node: _expand(node, ranks, opset))  # noqa: B023
        if len(model.graph.node) == before:
            break
    return model


def _is_turned(node: onnx.NodeProto) -> bool:
    return node.op_type == "FusedMatMul" and node.domain == DOMAIN


def _ranks(model: onnx.ModelProto) -> dict[str, int]:
    """The number of axes of the values of which it can be inferred."""
    from onnx import shape_inference

    try:
        graph = shape_inference.infer_shapes(model).graph
    except Exception:  # bare C++ exceptions: the model is refused when it is folded
        return {}
    found = {tensor.name: len(tensor.dims) for tensor in graph.initializer}
    values = (*graph.value_info, *graph.input, *graph.output)
    typed = {value.name: value.type.tensor_type for value in values}
    return found | {name: len(kind.shape.dim) for name, kind in typed.items() if kind.HasField("shape")}


def _expand(node: onnx.NodeProto, ranks: Mapping[str, int], opset: int) -> list[onnx.NodeProto] | None:
    if not _is_turned(node) or len(node.input) != 2 or not node.output:
        return None
    if not all(ranks.get(name, 0) > 1 for name in node.input):
        return None
    nodes = Replacement(node, opset)
    value = nodes.add(
        "MatMul", *(_turned(nodes, name, side, ranks[name]) for name, side in zip(node.input, "AB", strict=True))
    )
    if nodes.own("alpha", 1.0) != 1.0:
        nodes.add("Mul", value, nodes.number(nodes.own("alpha", 1.0)))
    return nodes.done()


def _turned(nodes: Replacement, name: str, side: str, rank: int) -> str:
    """An operand as MatMul takes it: its first axis goes behind the batch (transBatch), its last two change places."""
    axes = list(range(rank))
    order = [*axes[1:-1], axes[0], axes[-1]] if _is_set(nodes, f"transBatch{side}") else axes
    order = [*order[:-2], order[-1], order[-2]] if _is_set(nodes, f"trans{side}") else order
    return name if order == axes else nodes.add("Transpose", name, perm=order)


def _is_set(nodes: Replacement, name: str) -> bool:
    attribute = attribute_of(nodes.replaced, name)
    return attribute is not None and bool(attribute.i)
