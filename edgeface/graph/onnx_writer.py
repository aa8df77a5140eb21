"""ONNX writer: the one way to run or ship a Graph in ONNX Runtime."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from edgeface.graph.expand import expand
from edgeface.graph.ir import Graph, Node
from edgeface.graph.ops.activations import Clip, Relu
from edgeface.graph.ops.base import FusedActivation, OnnxForm, Op
from edgeface.graph.types import Array, TensorType
from edgeface.version import __version__

if TYPE_CHECKING:
    import onnx

OPSET = 18
IR_VERSION = 9
_FUSED: dict[FusedActivation, Op] = {"relu": Relu(), "relu6": Clip(0.0, 6.0)}


BATCH = "batch"


def write_onnx(
    graph: Graph,
    outputs: Sequence[str] | None = None,
    metadata: dict[str, str] | None = None,
    any_batch: bool = False,
) -> bytes:
    """The graph as a serialized ONNX model; the same graph gives the same bytes.

    Args:
        graph: graph to write; fused activations become separate nodes.
        outputs: values to output instead of the graph's outputs, such as all activations for calibration.
        metadata: key–value pairs for the model's metadata.
        any_batch: make the first axis of every input and output, 1 in the graph, dynamic under the name "batch", except
            that of outputs that are constant.
    """
    from onnx import helper

    graph = expand(graph, lambda op: op.spelled)
    names = graph.outputs if outputs is None else tuple(outputs)
    nodes: list[onnx.NodeProto] = []
    extra: dict[str, Array] = {}
    for node in graph.nodes:
        nodes += _write_node(graph, node, extra)
    used = {name: v.data for name, v in graph.values.items() if v.data is not None}
    proto = helper.make_graph(
        nodes,
        graph.name,
        [_info(i, graph.type(i), any_batch) for i in graph.inputs],
        [_info(o, graph.type(o), any_batch and graph.constant(o) is None) for o in names],
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


def _info(name: str, kind: TensorType, any_batch: bool) -> onnx.ValueInfoProto:
    from onnx import helper

    shape: Sequence[str | int] = (BATCH, *kind.shape[1:]) if any_batch else kind.shape
    return helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(np.dtype(kind.dtype)), shape)


def _tensor(name: str, data: Array) -> onnx.TensorProto:
    from onnx import numpy_helper

    return numpy_helper.from_array(data, name)


def _write_node(graph: Graph, node: Node, extra: dict[str, Array]) -> list[onnx.NodeProto]:
    steps = node.op.onnx_steps([graph.type(name) for name in node.inputs])
    made = node.outputs if node.op.fused == "none" else (f"{node.output}/before_{node.op.fused}",)
    written: list[onnx.NodeProto] = []
    results: list[str] = []
    for index, form in enumerate(steps):
        last = index == len(steps) - 1
        outputs = made if last else (f"{node.output}/step_{index}",)
        indices = range(len(node.inputs)) if form.reads is None else form.reads
        inputs = [node.inputs[i] if i >= 0 else results[i] for i in indices]
        written.append(_proto(form, inputs, outputs, extra))
        results.append(outputs[0])
    if node.op.fused != "none":
        activation = _FUSED[node.op.fused].to_onnx([graph.type(node.output)])
        written.append(_proto(activation, made, node.outputs, extra))
    return written


def _proto(form: OnnxForm, inputs: Sequence[str], outputs: Sequence[str], extra: dict[str, Array]) -> onnx.NodeProto:
    from onnx import helper

    constants = []
    for index, data in enumerate(form.constants):
        empty = data.size == 0
        constants.append("" if empty else f"{outputs[0]}/{form.op_type.lower()}_{index}")
        if not empty:
            extra[constants[-1]] = data
    return helper.make_node(form.op_type, [*inputs, *constants], list(outputs), name=outputs[0], **form.attributes)
