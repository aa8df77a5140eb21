"""Emit the strongly typed ONNX that engines are built from."""

from __future__ import annotations

from edgeface.backends.qdq.half import to_half
from edgeface.backends.qdq.quantized import Placement, insert_quantization
from edgeface.backends.target import EmitOptions
from edgeface.graph.ir import Graph
from edgeface.graph.onnx_writer import write_onnx
from edgeface.quantize.plan import QuantPlan
from edgeface.quantize.precision import require_dtypes

MODEL_FILE = "model.onnx"
PLACEMENT = Placement(rounded="convolved", bias="float", zero_points=False)


def emit(graph: Graph, plan: QuantPlan, options: EmitOptions) -> dict[str, bytes]:
    """The files of the graph with dynamic batch in float32."""
    require_dtypes(graph, plan, ("float32",), "tensorrt-fp32")
    return _written(graph, options)


def emit_half(graph: Graph, plan: QuantPlan, options: EmitOptions) -> dict[str, bytes]:
    """The files in float16, except for what the plan keeps in float32."""
    return _written(to_half(graph, plan), options)


def emit_quantized(graph: Graph, plan: QuantPlan, options: EmitOptions) -> dict[str, bytes]:
    """The files with Q/DQ around the convolutions that the plan computes in integers."""
    return _written(insert_quantization(graph, plan, PLACEMENT), options)


def _written(graph: Graph, options: EmitOptions) -> dict[str, bytes]:
    return {MODEL_FILE: write_onnx(graph, metadata=dict(options.metadata), any_batch=True)}
