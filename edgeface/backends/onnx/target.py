"""ONNX targets: the optimized graph itself, in float32, in float16, and with its quantization written in."""

from __future__ import annotations

from collections.abc import Collection

from edgeface.backends.onnx.scheme import ORT_U8S8
from edgeface.backends.qdq import half, quantized
from edgeface.backends.qdq.half import to_half
from edgeface.backends.qdq.quantized import Placement, insert_quantization
from edgeface.backends.target import EmitOptions, Target
from edgeface.graph.ir import Graph
from edgeface.graph.onnx_writer import write_onnx
from edgeface.passes.decompose_prelu import decompose_prelu
from edgeface.quantize.plan import QuantPlan
from edgeface.quantize.precision import require_dtypes

ORT = Placement(rounded="made", bias="int32")


def _emit(graph: Graph, plan: QuantPlan, options: EmitOptions) -> bytes:
    require_dtypes(graph, plan, ("float32",), "onnx-fp32")
    return write_onnx(graph, metadata=dict(options.metadata))


def _emit_half(graph: Graph, plan: QuantPlan, options: EmitOptions) -> bytes:
    return write_onnx(to_half(graph, plan), metadata=dict(options.metadata))


def _emit_quantized(graph: Graph, plan: QuantPlan, options: EmitOptions) -> bytes:
    return write_onnx(insert_quantization(graph, plan, ORT), metadata=dict(options.metadata))


def _integer_forms(graph: Graph, kept_float: Collection[str]) -> Graph:
    return decompose_prelu(graph, kept_float)


TARGETS = (
    Target(
        name="onnx-fp32",
        description="ONNX, float32: batch norm folded, activations fused where exact",
        suffix=".onnx",
        layout="nchw",
        emit=_emit,
    ),
    Target(
        name="onnx-fp16",
        description="ONNX, float16 between float32 inputs and outputs: for GPUs; half the size",
        suffix=".onnx",
        layout="nchw",
        emit=_emit_half,
        half=True,
        dtypes=half.DTYPES,
        as_typed=True,
    ),
    Target(
        name="onnx-int8",
        description="ONNX, int8 by calibration for ONNX Runtime: uint8 activations, alike on every processor",
        suffix=".onnx",
        layout="nchw",
        emit=_emit_quantized,
        scheme=ORT_U8S8,
        integer_forms=_integer_forms,
        dtypes=quantized.DTYPES,
    ),
)
