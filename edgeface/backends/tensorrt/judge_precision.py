"""Check that an engine computes in the types of its ONNX model: a builder may silently fall back to float."""

from __future__ import annotations

from edgeface.backends.tensorrt.precision import PrecisionTable, float_convolutions
from edgeface.core.requirement import Requirement

LISTED = 3


def judge_precision(model: bytes, table: PrecisionTable, where: str) -> list[Requirement]:
    """The requirements that no convolution or matrix product runs in a wider type than its weights.

    One fused behind a normalization, whose inner numbers are float32, reads those; its weights are float16 still.

    Args:
        model: the strongly typed ONNX model.
        table: precision table of the engine built from it.
        where: compute capabilities of the engine, for the text.
    """
    requirements = []
    if any(node.expected_integer or node.half for node in table.nodes):
        wide = [f"{found.node} ({found.reason})" for found in float_convolutions(table)]
        requirements.append(_requirement(f"int8 convolutions in float in the engine for {where}", wide))
    halves = _half_weighted(model)
    if halves:
        wider = [
            f"{node.node} ({node.precision})"
            for node in table.nodes
            if node.node in halves and node.precision != "Half" and (node.precision, node.weights) != ("Float", "Half")
        ]
        requirements.append(_requirement(f"float16 convolutions in another type in the engine for {where}", wider))
    return requirements


def _requirement(what: str, found: list[str]) -> Requirement:
    said = f"{len(found)}: {'; '.join(found[:LISTED])}" + (" …" if len(found) > LISTED else "") if found else "0"
    return Requirement(what, "0", said, not found)


def _half_weighted(model: bytes) -> set[str]:
    """Names of the convolutions and matrix products whose weights are float16."""
    import onnx

    graph = onnx.load_model_from_string(model).graph
    halves = {tensor.name for tensor in graph.initializer if tensor.data_type == onnx.TensorProto.FLOAT16}
    return {node.name for node in graph.node if node.op_type in {"Conv", "Gemm", "MatMul"} and node.input[1] in halves}
