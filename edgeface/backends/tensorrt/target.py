"""TensorRT targets: strongly typed ONNX, from which engines are built.

Networks are strongly typed: float16 where the ONNX has float16, int8 where QuantizeLinear and DequantizeLinear surround
a convolution. What the parser accepts, and which forms fuse, was measured with TensorRT-RTX (reports/tensorrt.md):
biases in float, no quantization between a convolution and its activation.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from edgeface.backends.finish import Finish, Finished, Finishing
from edgeface.backends.qdq import half, quantized
from edgeface.backends.qdq.emit import MODEL_FILE
from edgeface.backends.target import Target
from edgeface.backends.tensorrt.emit import EMITTER
from edgeface.backends.tensorrt.scheme import TENSORRT_INT8
from edgeface.passes.fill_transposed import fill_transposed
from edgeface.passes.prelu_as_maximum import prelu_as_maximum
from edgeface.passes.resize_by_scales import resize_by_scales

ONNX_RUNTIME = "onnxruntime-as-typed"
"""Runtime that validates the ONNX model: most machines that build engines have no GPU."""


def _check(options: Any, target: str) -> None:
    options.check(target)


def _build(given: Finishing) -> Finished:
    from edgeface.backends.tensorrt.finish import build_engines

    return build_engines(given)


def _build_quantized(given: Finishing) -> Finished:
    from edgeface.backends.tensorrt.finish import build_engines

    return build_engines(given, no_slower_than="tensorrt-fp16")


def _words(options: Any) -> Iterable[str]:
    found: Iterable[str] = options.words()
    return found


ENGINES = Finish(
    processor="gpu",
    check=_check,
    build=_build,
    words=_words,
    untimed="Not measured: an engine's latency is that of one GPU. `edgeface bench ARTIFACT --on gpu` measures it "
    "on a GPU that it was built for.",
    failed=(
        "the engine: its ONNX met every requirement",
        "leave out the named compute capability (--compute-capability), or export to tensorrt-fp16",
    ),
    options=frozenset({"--compute-capability", "--batch"}),
)
INTEGER_ENGINES = replace(ENGINES, build=_build_quantized, options=ENGINES.options | {"--allow-slower"})

FORMS = (fill_transposed, resize_by_scales)
"""What the parser or the builder lacks: strided kernels with gaps, and sizes of images in an open batch."""

TARGETS = (
    Target(
        name="tensorrt-fp32",
        description="TensorRT engines, float32, and their ONNX",
        model_file=MODEL_FILE,
        layout="nchw",
        runtime=ONNX_RUNTIME,
        emit=EMITTER.emit,
        legalize=(prelu_as_maximum, *FORMS),
        finish=ENGINES,
    ),
    Target(
        name="tensorrt-fp16",
        description="TensorRT engines, float16 between float32 inputs and outputs, and their ONNX",
        model_file=MODEL_FILE,
        layout="nchw",
        runtime=ONNX_RUNTIME,
        emit=EMITTER.emit_half,
        legalize=(prelu_as_maximum, *FORMS),
        half=True,
        dtypes=half.DTYPES,
        finish=ENGINES,
    ),
    Target(
        name="tensorrt-int8",
        description="TensorRT engines, int8 by calibration: symmetric, weights per channel, and their ONNX",
        model_file=MODEL_FILE,
        layout="nchw",
        runtime=ONNX_RUNTIME,
        emit=EMITTER.emit_quantized,
        scheme=TENSORRT_INT8,
        legalize=FORMS,
        dtypes=quantized.DTYPES,
        finish=INTEGER_ENGINES,
    ),
)
