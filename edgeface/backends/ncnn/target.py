"""ncnn targets: float32, and float32 weights of which the runtime stores values in bfloat16."""

from __future__ import annotations

from edgeface.backends.ncnn.layer import MODEL_FILE
from edgeface.backends.target import EmitOptions, Target
from edgeface.graph.ir import Graph
from edgeface.quantize.plan import QuantPlan


def _emit(graph: Graph, plan: QuantPlan, options: EmitOptions) -> dict[str, bytes]:
    from edgeface.backends.ncnn.emit import emit

    return emit(graph, plan, options)


def _emit_bfloat16(graph: Graph, plan: QuantPlan, options: EmitOptions) -> dict[str, bytes]:
    from edgeface.backends.ncnn.emit import emit_bfloat16

    return emit_bfloat16(graph, plan, options)


TARGETS = (
    Target(
        name="ncnn-fp32",
        description="ncnn, float32",
        model_file=MODEL_FILE,
        layout="nchw",
        runtime="ncnn",
        emit=_emit,
    ),
    Target(
        name="ncnn-bf16",
        description="ncnn, float32 weights, values stored in bfloat16: faster on most Arm cores, nothing to calibrate",
        model_file=MODEL_FILE,
        layout="nchw",
        runtime="ncnn",
        emit=_emit_bfloat16,
    ),
)
