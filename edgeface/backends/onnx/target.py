"""ONNX targets: the optimized graph in float32, in float16, and with Q/DQ."""

from __future__ import annotations

from collections.abc import Collection

from edgeface.backends.onnx.emit import EMITTER
from edgeface.backends.onnx.scheme import ORT_U8S8
from edgeface.backends.qdq import half, quantized
from edgeface.backends.qdq.emit import MODEL_FILE
from edgeface.backends.target import Target
from edgeface.graph.ir import Graph
from edgeface.passes.decompose_prelu import decompose_prelu


def _integer_forms(graph: Graph, kept_float: Collection[str]) -> Graph:
    return decompose_prelu(graph, kept_float)


TARGETS = (
    Target(
        name="onnx-fp32",
        description="ONNX, float32: batch norm folded, activations fused where exact",
        model_file=MODEL_FILE,
        layout="nchw",
        runtime="onnxruntime",
        emit=EMITTER.emit,
    ),
    Target(
        name="onnx-fp16",
        description="ONNX, float16 between float32 inputs and outputs: for GPUs; half the size",
        model_file=MODEL_FILE,
        layout="nchw",
        runtime="onnxruntime-as-typed",  # as GPUs compute it; on CPUs ONNX Runtime uses float32
        emit=EMITTER.emit_half,
        half=True,
        dtypes=half.DTYPES,
    ),
    Target(
        name="onnx-int8",
        description="ONNX, int8 by calibration for ONNX Runtime: uint8 activations, equal results on every processor",
        model_file=MODEL_FILE,
        layout="nchw",
        runtime="onnxruntime",
        emit=EMITTER.emit_quantized,
        scheme=ORT_U8S8,
        integer_forms=_integer_forms,
        dtypes=quantized.DTYPES,
    ),
)
