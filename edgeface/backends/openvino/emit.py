"""A graph as OpenVINO's IR: `model.xml` and `model.bin`, by way of ONNX and OpenVINO's own reader."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

from edgeface.backends.openvino.channels_last import channels_last
from edgeface.backends.openvino.ir_text import canonical
from edgeface.backends.openvino.kernels import with_slow_slopes
from edgeface.backends.openvino.library import core, first_line, load_library, load_transformations
from edgeface.backends.openvino.resize_by_opset4 import resize_by_opset4
from edgeface.backends.openvino.scheme import PLACEMENT
from edgeface.backends.qdq.quantized import insert_quantization
from edgeface.backends.target import EmitOptions
from edgeface.core.temporary import temporary_folder
from edgeface.errors import GraphError
from edgeface.graph.ir import Graph
from edgeface.graph.onnx_writer import write_onnx
from edgeface.quantize.plan import QuantPlan
from edgeface.quantize.precision import require_dtypes

MODEL_FILE, WEIGHTS_FILE = "model.xml", "model.bin"


def emit(graph: Graph, plan: QuantPlan, options: EmitOptions) -> dict[str, bytes]:
    """The graph in float32."""
    require_dtypes(graph, plan, ("float32",), "openvino-fp32")
    return _written(graph, options)


def emit_half(graph: Graph, plan: QuantPlan, options: EmitOptions) -> dict[str, bytes]:
    """The graph in float32, with weights stored in float16 where they fit; OpenVINO widens them as it compiles."""
    require_dtypes(graph, plan, ("float32",), "openvino-fp16")
    return _written(graph, options, load_transformations().compress_model_transformation)


def emit_quantized(graph: Graph, plan: QuantPlan, options: EmitOptions) -> dict[str, bytes]:
    """The graph with quantizers where OpenVINO fuses them, and images channels last."""
    return _written(insert_quantization(graph, plan, PLACEMENT), options, channels_last, with_slow_slopes(graph, plan))


def _written(
    graph: Graph,
    options: EmitOptions,
    change: Callable[[Any], None] | None = None,
    sloped: Collection[str] = (),
) -> dict[str, bytes]:
    """Both files; `sloped` are results of convolutions whose kernel is chosen (`backends.openvino.kernels`).

    Raises:
        InputError: OpenVINO is not installed, or too old.
        GraphError: OpenVINO cannot read an op.
    """
    library, proto = load_library(), write_onnx(graph)
    with temporary_folder() as folder:
        path = Path(folder, MODEL_FILE)
        try:
            model = core().read_model(proto)
            load_transformations().apply_moc_transformations(model, cf=False)  # as OpenVINO's converter does
            resize_by_opset4(model)
            if change is not None:
                change(model)
            library.serialize(model, str(path), str(path.with_name(WEIGHTS_FILE)))
        except RuntimeError as error:
            raise GraphError(
                f"OpenVINO cannot read the network: {first_line(error)}", fix="export to an onnx or tflite target"
            ) from error
        text, weights = path.read_bytes(), path.with_name(WEIGHTS_FILE).read_bytes()
    names = frozenset(graph.constants).union(graph.inputs, *(node.outputs for node in graph.nodes))
    return {MODEL_FILE: canonical(text, names, options.metadata, sloped), WEIGHTS_FILE: weights}
