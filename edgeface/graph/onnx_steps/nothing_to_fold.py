"""Tell whether a model has nothing that folding would change, so that onnxsim need not even be imported."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeface.graph.onnx_steps.walk import STANDARD

if TYPE_CHECKING:
    import onnx

_OF_SHAPES = frozenset({"Shape", "Size", "If", "Loop", "Scan", "SequenceMap"})
"""Operators that folding makes constants although their inputs are none, or that hold graphs of their own."""
_OF_INFERENCE = (RuntimeError, ValueError, TypeError, MemoryError)


def nothing_to_fold(model: onnx.ModelProto) -> bool:
    """Whether every node of a model computes something of its inputs, and all of its shapes follow from theirs.

    ONNX's strict inference must take the model as it is: what it refuses is for onnxsim to explain.
    """
    from google.protobuf.message import DecodeError, EncodeError  # type: ignore[import-untyped]
    from onnx import checker, shape_inference

    graph = model.graph
    if model.functions or graph.sparse_initializer:
        return False
    known = {tensor.name for tensor in graph.initializer}
    if any(value.name in known for value in graph.input):
        return False
    for node in graph.node:
        if node.op_type == "Constant" and node.domain in STANDARD:
            known.update(node.output)
        elif node.domain not in STANDARD or node.op_type in _OF_SHAPES or known.issuperset(filter(None, node.input)):
            return False
    try:
        inferred = shape_inference.infer_shapes(model, check_type=True, strict_mode=True, data_prop=True).graph
    except (*_OF_INFERENCE, shape_inference.InferenceError, checker.ValidationError, EncodeError, DecodeError):
        return False
    typed = {value.name for value in (*inferred.value_info, *inferred.output)}
    return all(name in typed for node in graph.node if node.op_type != "Constant" for name in node.output if name)
