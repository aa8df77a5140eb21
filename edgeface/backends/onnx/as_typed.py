"""Strongly typed execution of ONNX, which emulates a runtime that is not available."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

from edgeface.backends.onnx.file import load_onnx
from edgeface.backends.onnx.runner import OrtRunner
from edgeface.errors import InputError

if TYPE_CHECKING:
    import onnx


def open_as_typed(model: Path, threads: int = 1) -> OrtRunner:
    """A model in ONNX Runtime without fusion or removal of nodes.

    Every float16 value is rounded to float16, and between QuantizeLinear and DequantizeLinear every integer is exact.
    By default, ONNX Runtime computes float16 in float32 on processors without it, and rounds only at the end.

    Args:
        model: an .onnx file with float32 inputs; float16 outputs are returned as float32.
        threads: threads inside one operator, at least 1.
    """
    runner = OrtRunner(_with_explicit_rounding(model), threads, optimize=False)
    runner.where = str(model)
    return runner


def _with_explicit_rounding(model: Path) -> Path | bytes:
    """A float16 model as a float32 model with explicit rounding; other files unchanged.

    By default, ONNX Runtime casts before and after every node without a float16 kernel, and removes adjacent casts, and
    the rounding with them, even without optimization. It keeps casts that are in the model.
    """
    import onnx

    try:
        proto = load_onnx(model)
    except InputError:
        return model  # ONNX Runtime reports the error
    half = _half_values(proto)
    if not half:
        return model
    nodes = [found for node in proto.graph.node for found in _rounded(node, half)]
    del proto.graph.node[:]
    proto.graph.node.extend(nodes)
    del proto.graph.value_info[:]
    for tensor in proto.graph.initializer:
        if tensor.data_type == onnx.TensorProto.FLOAT16:
            single = onnx.numpy_helper.to_array(tensor).astype("float32")
            tensor.CopyFrom(onnx.numpy_helper.from_array(single, tensor.name))
    for output in proto.graph.output:
        if output.name in half:
            output.type.tensor_type.elem_type = onnx.TensorProto.FLOAT
    converted: bytes = proto.SerializeToString()
    return converted


def _half_values(proto: onnx.ModelProto) -> set[str]:
    """Names of the values that nodes produce in float16."""
    import onnx

    graph = onnx.shape_inference.infer_shapes(proto).graph
    typed = {value.name: value.type.tensor_type.elem_type for value in (*graph.value_info, *graph.output)}
    return {name for name, kind in typed.items() if kind == onnx.TensorProto.FLOAT16}


def _rounded(node: onnx.NodeProto, half: Collection[str]) -> list[onnx.NodeProto]:
    """A node, followed, where it produces float16, by the two casts that round float32 to float16."""
    import onnx

    made = node.output[0]
    if made not in half:
        return [node]
    real = onnx.NodeProto()
    real.CopyFrom(node)
    real.output[0] = f"{made}/real"
    if node.op_type == "Cast":
        real = onnx.helper.make_node("Identity", list(node.input), list(real.output), name=node.name)
    names = (real.output[0], f"{made}/rounded", made)
    kinds = (onnx.TensorProto.FLOAT16, onnx.TensorProto.FLOAT)
    casts = zip(names, names[1:], kinds, strict=False)
    return [real, *(onnx.helper.make_node("Cast", [a], [b], name=f"{b}/cast", to=kind) for a, b, kind in casts)]
