"""ONNX targets: the optimised graph itself."""

from __future__ import annotations

from edgeface.graph.ir import Graph
from edgeface.graph.onnx_writer import write_onnx
from edgeface.quantize.plan import QuantPlan
from edgeface.targets.target import EmitOptions, Target


def emit_fp32(graph: Graph, _: QuantPlan, options: EmitOptions) -> bytes:
    """The graph as ONNX with float32 weights."""
    return write_onnx(graph, metadata=dict(options.metadata))


TARGETS = (
    Target(
        name="onnx-fp32",
        description="ONNX, float32: batch norm folded, activations fused where exact",
        suffix=".onnx",
        layout="nchw",
        emit=emit_fp32,
    ),
)
