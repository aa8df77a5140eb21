"""TensorRT targets: ONNX typed as the engine computes, from which engines are built.

Networks are strongly typed: float16 where the ONNX says float16, int8 where QuantizeLinear and DequantizeLinear stand
around a convolution. What the parser takes, and which forms fuse, was measured with TensorRT-RTX
(reports/tensorrt.md): biases in float, no rounding between a convolution and its activation.
"""

from __future__ import annotations

from edgeface.backends.qdq import half, quantized
from edgeface.backends.qdq.half import to_half
from edgeface.backends.qdq.quantized import Placement, insert_quantization
from edgeface.backends.target import EmitOptions, Target
from edgeface.backends.tensorrt.scheme import TENSORRT_INT8
from edgeface.graph.ir import Graph
from edgeface.graph.onnx_writer import write_onnx
from edgeface.passes.prelu_as_maximum import prelu_as_maximum
from edgeface.quantize.plan import QuantPlan
from edgeface.quantize.precision import require_dtypes

PLACEMENT = Placement(rounded="convolved", bias="float", zero_points=False)


def _emit(graph: Graph, plan: QuantPlan, options: EmitOptions) -> bytes:
    require_dtypes(graph, plan, ("float32",), "tensorrt-fp32")
    return _written(graph, options)


def _emit_half(graph: Graph, plan: QuantPlan, options: EmitOptions) -> bytes:
    return _written(to_half(graph, plan), options)


def _emit_quantized(graph: Graph, plan: QuantPlan, options: EmitOptions) -> bytes:
    return _written(insert_quantization(graph, plan, PLACEMENT), options)


def _written(graph: Graph, options: EmitOptions) -> bytes:
    return write_onnx(graph, metadata=dict(options.metadata), any_batch=True)


TARGETS = (
    Target(
        name="tensorrt-fp32",
        description="TensorRT engines, float32, and the ONNX that they are built from",
        suffix=".onnx",
        layout="nchw",
        emit=_emit,
        legalize=(prelu_as_maximum,),
        as_typed=True,
        engines=True,
    ),
    Target(
        name="tensorrt-fp16",
        description="TensorRT engines, float16 between float32 inputs and outputs, and their ONNX",
        suffix=".onnx",
        layout="nchw",
        emit=_emit_half,
        legalize=(prelu_as_maximum,),
        half=True,
        dtypes=half.DTYPES,
        as_typed=True,
        engines=True,
    ),
    Target(
        name="tensorrt-int8",
        description="TensorRT engines, int8 by calibration: symmetric, weights per channel, and their ONNX",
        suffix=".onnx",
        layout="nchw",
        emit=_emit_quantized,
        scheme=TENSORRT_INT8,
        dtypes=quantized.DTYPES,
        as_typed=True,
        engines=True,
    ),
)
