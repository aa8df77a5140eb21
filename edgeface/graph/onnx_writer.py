"""ONNX out: the one way to run or ship a Graph in ONNX Runtime."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from edgeface.graph.ir import Graph, Node
from edgeface.graph.ops.base import FusedActivation, OnnxForm
from edgeface.graph.types import Array, TensorType
from edgeface.version import __version__

if TYPE_CHECKING:
    import onnx

OPSET = 18
IR_VERSION = 9
_FUSED: dict[FusedActivation, OnnxForm] = {
    "relu": OnnxForm("Relu"),
    "relu6": OnnxForm("Clip", {}, (np.array(0, np.float32), np.array(6, np.float32))),
}


def write_onnx(graph: Graph, outputs: Sequence[str] | None = None, metadata: dict[str, str] | None = None) -> bytes:
    """Serialise a graph, deterministically.

    Args:
        graph: what to write; fused activations become nodes of their own.
        outputs: values to make outputs instead of the graph's own, such as every activation for calibration.
        metadata: key–value pairs for the model's metadata.
    """
    from onnx import helper

    names = graph.outputs if outputs is None else tuple(outputs)
    nodes: list[onnx.NodeProto] = []
    extra: dict[str, Array] = {}
    for node in graph.nodes:
        nodes += _write_node(node, extra)
    used = {name: v.data for name, v in graph.values.items() if v.data is not None}
    proto = helper.make_graph(
        nodes,
        graph.name,
        [_info(i, graph.type(i)) for i in graph.inputs],
        [_info(o, graph.type(o)) for o in names],
        [_tensor(name, data) for name, data in {**used, **extra}.items()],
    )
    model = helper.make_model(
        proto,
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="edgeface",
        producer_version=__version__,
    )
    helper.set_model_props(model, dict(sorted((metadata or {}).items())))
    data: bytes = model.SerializeToString(deterministic=True)
    return data


def _info(name: str, kind: TensorType) -> onnx.ValueInfoProto:
    from onnx import helper

    return helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(np.dtype(kind.dtype)), kind.shape)


def _tensor(name: str, data: Array) -> onnx.TensorProto:
    from onnx import numpy_helper

    return numpy_helper.from_array(data, name)


def _write_node(node: Node, extra: dict[str, Array]) -> list[onnx.NodeProto]:
    if node.op.fused == "none":
        return [_proto(node.op.to_onnx(), node.inputs, node.outputs, extra)]
    inner = (f"{node.output}/before_{node.op.fused}",)
    first = _proto(node.op.to_onnx(), node.inputs, inner, extra)
    return [first, _proto(_FUSED[node.op.fused], inner, node.outputs, extra)]


def _proto(form: OnnxForm, inputs: Sequence[str], outputs: Sequence[str], extra: dict[str, Array]) -> onnx.NodeProto:
    from onnx import helper

    constants = []
    for index, data in enumerate(form.constants):
        empty = data.size == 0
        constants.append("" if empty else f"{outputs[0]}/{form.op_type.lower()}_{index}")
        if not empty:
            extra[constants[-1]] = data
    return helper.make_node(form.op_type, [*inputs, *constants], list(outputs), name=outputs[0], **form.attributes)
