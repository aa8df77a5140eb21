"""The nodes that a strongly typed ONNX model expects in int8."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from edgeface.errors import InputError

_WEIGHTED = frozenset({"Conv", "ConvTranspose", "Gemm", "MatMul"})
# These only move data: the type passes through.
_MOVES = frozenset({"Reshape", "Flatten", "Transpose", "Squeeze", "Unsqueeze", "Identity"})
# These have no kernel: types, scales and constants.
_SILENT = frozenset({"QuantizeLinear", "DequantizeLinear", "Constant", "Identity"})


@dataclass(frozen=True)
class ExpectedNode:
    """A computing node. `name` is TensorRT's name for it; `weights` the number of its weights.

    `integer` means that its data and weights both come from DequantizeLinear; `half` describes the error if only one of
    them does (it then silently runs in float), else it is empty.
    """

    name: str
    op: str
    weights: int
    integer: bool
    half: str = ""

    @property
    def weighted(self) -> bool:
        """Whether it is a convolution or a matrix product."""
        return self.op in _WEIGHTED


def expected_nodes(onnx: bytes) -> tuple[ExpectedNode, ...]:
    """The computing nodes of a typed ONNX model, in its order.

    Raises:
        InputError: the bytes are not an ONNX model.
    """
    import onnx as onnx_library
    from google.protobuf.message import DecodeError  # type: ignore[import-untyped]

    try:
        graph = onnx_library.load_model_from_string(onnx).graph
    except DecodeError as error:
        raise InputError("the bytes are not an ONNX model", fix="export the model again") from error
    made_by = {output: node for node in graph.node for output in node.output}
    sizes = {constant.name: _elements(constant.dims) for constant in graph.initializer}
    return tuple(_expected(node, made_by, sizes) for node in graph.node if node.op_type not in _SILENT)


def _expected(node: Any, made_by: dict[str, Any], sizes: dict[str, int]) -> ExpectedNode:
    name = node.name or f"node_of_{node.output[0]}"  # as TensorRT's parser names unnamed nodes
    if node.op_type not in _WEIGHTED:
        return ExpectedNode(name, node.op_type, 0, False)
    data, weights = (_source(operand, made_by) for operand in node.input[:2])
    count = sizes.get(_stored(node.input[1], made_by), 0)
    behind = [side is not None and side.op_type == "DequantizeLinear" for side in (data, weights)]
    half = ""
    if behind[0] != behind[1]:
        lacking, operand = ("data", node.input[0]) if behind[1] else ("weights", node.input[1])
        half = f"its {lacking} {operand!r} do not come from DequantizeLinear, though its other operand does"
    return ExpectedNode(name, node.op_type, count, all(behind), half)


def _source(name: str, made_by: dict[str, Any]) -> Any | None:
    """The node that computes a value, skipping nodes that only move data; None for inputs and constants."""
    node = made_by.get(name)
    while node is not None and node.op_type in _MOVES:
        node = made_by.get(node.input[0])
    return node


def _stored(name: str, made_by: dict[str, Any]) -> str:
    """The constant that a value comes from, through dequantization, casts and moves."""
    while (node := made_by.get(name)) is not None:
        if not node.input:
            break
        name = node.input[0]
    return name


def _elements(dims: Any) -> int:
    count = 1
    for size in dims:
        count *= size
    return count
