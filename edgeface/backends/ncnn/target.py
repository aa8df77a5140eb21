"""ncnn targets: float32, float32 whose values the runtime stores in bfloat16, and int8."""

from __future__ import annotations

from edgeface.backends.ncnn.expand_resize import expand_resize
from edgeface.backends.ncnn.layer import MODEL_FILE
from edgeface.backends.ncnn.round_weights import round_weights
from edgeface.backends.ncnn.scheme import DTYPES, NCNN_INT8
from edgeface.backends.ncnn.split_groups import split_groups
from edgeface.backends.target import EmitOptions, Target
from edgeface.graph.ir import Graph
from edgeface.quantize.plan import QuantPlan


def _emit(graph: Graph, plan: QuantPlan, options: EmitOptions) -> dict[str, bytes]:
    from edgeface.backends.ncnn.emit import emit

    return emit(graph, plan, options)


def _emit_bfloat16(graph: Graph, plan: QuantPlan, options: EmitOptions) -> dict[str, bytes]:
    from edgeface.backends.ncnn.emit import emit_bfloat16

    return emit_bfloat16(graph, plan, options)


def _emit_int8(graph: Graph, plan: QuantPlan, options: EmitOptions) -> dict[str, bytes]:
    from edgeface.backends.ncnn.emit import emit_int8

    return emit_int8(graph, plan, options)


# Counted on an emulated Cortex-A72, as reports/rk3399.md says.
FLOAT_KINDS = {
    "kind:no convolution": "ncnn has integer layers for convolutions and products alone",
    "kind:grouped convolution": "ncnn has one weight scale for each group, not for each channel",
    "kind:stem": "a convolution of three channels is no faster in int8, and rounding the image costs time",
    "kind:depthwise after prelu": "its input and its result are in float anyway, and rounding both costs more",
}

TARGETS = (
    Target(
        name="ncnn-fp32",
        description="ncnn, float32",
        model_file=MODEL_FILE,
        layout="nchw",
        runtime="ncnn",
        emit=_emit,
        legalize=(expand_resize,),
    ),
    Target(
        name="ncnn-bf16",
        description="ncnn, weights and values stored in bfloat16: faster on most Arm cores, nothing to calibrate",
        model_file=MODEL_FILE,
        layout="nchw",
        runtime="ncnn",
        emit=_emit_bfloat16,
        legalize=(expand_resize, split_groups, round_weights),
        judged_on="a72",
    ),
    Target(
        name="ncnn-int8",
        description="ncnn, int8 by calibration: convolutions in integers, weights per channel, all else as ncnn-bf16",
        model_file=MODEL_FILE,
        layout="nchw",
        runtime="ncnn",
        emit=_emit_int8,
        scheme=NCNN_INT8,
        legalize=(expand_resize, split_groups),
        float_kinds=FLOAT_KINDS,
        integer_only=False,
        dtypes=DTYPES,
        judged_on="a72",
    ),
)
