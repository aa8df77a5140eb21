"""TFLite targets: NHWC, with edgeface's own lowerings and FlatBuffer writer."""

from __future__ import annotations

from collections.abc import Collection

from edgeface.backends.target import IO_TYPES, EmitOptions, Target
from edgeface.backends.tflite.decompose_average import decompose_average
from edgeface.backends.tflite.legalize import LEGALIZE
from edgeface.backends.tflite.scheme import DTYPES, TFLITE_INT8, StoredWeights
from edgeface.graph.ir import Graph
from edgeface.passes.decompose_prelu import decompose_prelu
from edgeface.quantize.plan import QuantPlan

MODEL_FILE = "model.tflite"


def _emit(graph: Graph, plan: QuantPlan, options: EmitOptions, weights: StoredWeights = "float32") -> dict[str, bytes]:
    from edgeface.backends.tflite.emit import write_tflite

    metadata = {key: value.encode() for key, value in options.metadata.items()}
    return {MODEL_FILE: write_tflite(graph, plan, io=options.io, weights=weights, metadata=metadata)}


def _emit_half(graph: Graph, plan: QuantPlan, options: EmitOptions) -> dict[str, bytes]:
    return _emit(graph, plan, options, weights="float16")


def _emit_dynamic(graph: Graph, plan: QuantPlan, options: EmitOptions) -> dict[str, bytes]:
    return _emit(graph, plan, options, weights="int8")


# Measured in reports/lowerings.md, on x86 and an emulated Cortex-A72. XNNPACK fuses DEQUANTIZE, a
# float activation and QUANTIZE into one table lookup; it lacks int8 kernels for these, which run in the interpreter.
FLOAT_KINDS = {
    "kind:prelu": "float PReLU has a fast kernel, int8 has none",
    "kind:depthwise after prelu": "its input is in float anyway, and float depthwise convolutions are no slower",
    "kind:hard swish": "through float it is one table lookup, int8 HARD_SWISH has no fast kernel",
    "kind:lone relu": "through float it is one table lookup, an unfused int8 ReLU has no fast kernel",
}


def _integer_forms(graph: Graph, kept_float: Collection[str]) -> Graph:
    return decompose_average(decompose_prelu(graph, kept_float))


TARGETS = (
    Target(
        name="tflite-fp32",
        description="TFLite, float32",
        model_file=MODEL_FILE,
        layout="nhwc",
        runtime="litert",
        emit=_emit,
        legalize=LEGALIZE,
    ),
    Target(
        name="tflite-fp16",
        description="TFLite, float16 weights, float32 arithmetic: half the size, the same speed",
        model_file=MODEL_FILE,
        layout="nhwc",
        runtime="litert",
        emit=_emit_half,
        legalize=LEGALIZE,
    ),
    Target(
        name="tflite-dynamic",
        description="TFLite, int8 weights, float32 activations: a quarter of the size, nothing to calibrate",
        model_file=MODEL_FILE,
        layout="nhwc",
        runtime="litert",
        emit=_emit_dynamic,
        legalize=LEGALIZE,
    ),
    Target(
        name="tflite-int8",
        description="TFLite, int8 by calibration: asymmetric activations, weights per channel",
        model_file=MODEL_FILE,
        layout="nhwc",
        runtime="litert",
        emit=_emit,
        scheme=TFLITE_INT8,
        legalize=LEGALIZE,
        float_kinds=FLOAT_KINDS,
        priced=True,
        integer_forms=_integer_forms,
        dtypes=DTYPES,
        io_types=IO_TYPES,
    ),
)
