"""Read all values of an .onnx model that have the name of a value in the exact graph."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from edgeface.backends.onnx.file import load_onnx
from edgeface.backends.onnx.runner import OrtRunner
from edgeface.graph.ir import Graph
from edgeface.graph.types import Array


def onnx_values(exact: Graph, model: Path, feeds: Mapping[str, Array]) -> dict[str, Array]:
    """The values of one run without fusion; a quantized value is read after its DequantizeLinear.

    Args:
        exact: the graph that the model was emitted from.
        model: an .onnx file.
        feeds: its inputs, float32.

    Raises:
        InputError: the file is not an ONNX model.
        RuntimeFailure: ONNX Runtime rejects it.
    """
    import onnx

    proto = load_onnx(model)
    names = [name for name in exact.reals if name not in exact.inputs]
    made = {output for node in proto.graph.node for output in node.output}
    shown = {output.name for output in proto.graph.output}
    proto.graph.output.extend(onnx.ValueInfoProto(name=name) for name in names if name in made - shown)
    return OrtRunner(proto.SerializeToString(), optimize=False).run(feeds)
