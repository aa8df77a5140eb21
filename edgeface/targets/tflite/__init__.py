"""TFLite targets: NHWC, own lowering, own FlatBuffer writer."""

from __future__ import annotations

from edgeface.graph.ir import Graph
from edgeface.quantize.plan import QuantPlan
from edgeface.quantize.schemes import TFLITE_INT8
from edgeface.targets.target import EmitOptions, Target
from edgeface.targets.tflite.legalize import LEGALIZE
from edgeface.targets.tflite.spell_prelu import spell_prelu


def _emit(graph: Graph, plan: QuantPlan, options: EmitOptions, half_weights: bool = False) -> bytes:
    from edgeface.targets.tflite.write import write_tflite

    metadata = {key: value.encode() for key, value in options.metadata.items()}
    return write_tflite(graph, plan, io=options.io, half_weights=half_weights, metadata=metadata)


def _emit_half(graph: Graph, plan: QuantPlan, options: EmitOptions) -> bytes:
    return _emit(graph, plan, options, half_weights=True)


TARGETS = (
    Target(
        name="tflite-fp32",
        description="TFLite, float32",
        suffix=".tflite",
        layout="nhwc",
        emit=_emit,
        legalize=LEGALIZE,
    ),
    Target(
        name="tflite-fp16",
        description="TFLite, float16 weights, float32 arithmetic: half the size, the same speed",
        suffix=".tflite",
        layout="nhwc",
        emit=_emit_half,
        legalize=LEGALIZE,
    ),
    Target(
        name="tflite-int8",
        description="TFLite, int8 by calibration: asymmetric activations, weights per channel",
        suffix=".tflite",
        layout="nhwc",
        emit=_emit,
        scheme=TFLITE_INT8,
        legalize=LEGALIZE,
        integer_forms=spell_prelu,
    ),
)
