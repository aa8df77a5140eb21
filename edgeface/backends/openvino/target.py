"""OpenVINO targets: IR in float32, with float16 weights, and in int8."""

from __future__ import annotations

from edgeface.backends.openvino.own_slopes import own_slopes
from edgeface.backends.openvino.scheme import OPENVINO_INT8
from edgeface.backends.qdq import quantized
from edgeface.backends.target import EmitOptions, Target
from edgeface.graph.ir import Graph
from edgeface.quantize.plan import QuantPlan

MODEL_FILE = "model.xml"


def _emit(graph: Graph, plan: QuantPlan, options: EmitOptions) -> dict[str, bytes]:
    from edgeface.backends.openvino.emit import emit

    return emit(graph, plan, options)


def _emit_half(graph: Graph, plan: QuantPlan, options: EmitOptions) -> dict[str, bytes]:
    from edgeface.backends.openvino.emit import emit_half

    return emit_half(graph, plan, options)


def _emit_quantized(graph: Graph, plan: QuantPlan, options: EmitOptions) -> dict[str, bytes]:
    from edgeface.backends.openvino.emit import emit_quantized

    return emit_quantized(graph, plan, options)


TARGETS = (
    Target(
        name="openvino-fp32",
        description="OpenVINO, float32 on every processor: bfloat16, its silent default on some, is off",
        model_file=MODEL_FILE,
        layout="nchw",
        runtime="openvino",
        legalize=(own_slopes,),
        emit=_emit,
    ),
    Target(
        name="openvino-fp16",
        description="OpenVINO, float16 weights, float32 arithmetic: half the size, the same speed",
        model_file=MODEL_FILE,
        layout="nchw",
        runtime="openvino",
        legalize=(own_slopes,),
        emit=_emit_half,
    ),
    Target(
        name="openvino-int8",
        description="OpenVINO, int8 by calibration, the rest in float32: compile it with INFERENCE_PRECISION_HINT f32",
        model_file=MODEL_FILE,
        layout="nhwc",
        runtime="openvino",
        legalize=(own_slopes,),
        emit=_emit_quantized,
        scheme=OPENVINO_INT8,
        dtypes=quantized.DTYPES,
    ),
)
