"""Emit a graph and a quantization plan as a TFLite model."""

from __future__ import annotations

from collections.abc import Mapping

from edgeface.backends.target import IoType
from edgeface.backends.tflite.emitter import QUANTIZE, Emitter
from edgeface.backends.tflite.layout import physical_shape
from edgeface.backends.tflite.lowerings import lower, lowers
from edgeface.backends.tflite.scheme import DTYPES, StoredWeights
from edgeface.errors import GraphError, OperatorError, Refusal
from edgeface.graph.expand import expand
from edgeface.graph.ir import Graph, Node
from edgeface.passes.transform_convolutions import transform_convolutions
from edgeface.quantize.plan import QParams, QuantPlan
from edgeface.quantize.precision import require_dtypes


def write_tflite(
    graph: Graph,
    plan: QuantPlan | None = None,
    *,
    io: IoType = "float",
    weights: StoredWeights = "float32",
    metadata: Mapping[str, bytes] | None = None,
) -> bytes:
    """The bytes of a .tflite file for a legalized graph.

    Args:
        graph: a graph of ops with lowerings.
        plan: int8 values and their scales; all float by default.
        io: type of the model's inputs and outputs. int8 and uint8 need all of them in the plan.
        weights: how the weights of float nodes are stored. With "int8" dense convolutions and matrix products round
            their inputs too, to 8 bits of each input's own range (hybrid kernels).
        metadata: named buffers to include.

    Raises:
        GraphError: an op has no lowering (an OperatorError if several have none), a value that must be int8 has no
            scale, or the plan has a dtype that is not supported.
    """
    require_dtypes(graph, plan or QuantPlan(), DTYPES, "TFLite")
    formed = [name for name, asked in (plan or QuantPlan()).stated.items() if asked.form == "winograd"]
    graph = expand(transform_convolutions(graph, formed) if formed else graph, lambda op: not lowers(op))
    emitter = Emitter(graph, plan or QuantPlan(), weights)
    inputs = {name: _input(emitter, name, io) for name in graph.inputs}
    _lower_all(emitter)
    outputs = {name: _output(emitter, name, io) for name in graph.outputs}
    return emitter.builder.finish(inputs, outputs, metadata or {})


def _lower_all(emitter: Emitter) -> None:
    """Emit the operators of every node.

    Raises:
        GraphError: a node cannot be lowered.
        OperatorError: several cannot; it lists all of them.
    """
    refused: list[tuple[Node, GraphError]] = []
    for node in emitter.graph.nodes:
        try:
            lower(emitter, node)
        except GraphError as error:
            refused.append((node, error))
            for output in node.outputs:  # for the nodes that read them; the file is not finished
                emitter.define(output)
    if len({(error.what, error.where) for _, error in refused}) == 1:
        raise refused[0][1]
    if refused:
        found = [Refusal(n.origin or n.output, type(n.op).__name__, e.what, e.fix) for n, e in refused]
        raise OperatorError(found, where=emitter.graph.name)


def _input(emitter: Emitter, name: str, io: IoType) -> int:
    """The tensor that the caller fills, with a conversion to the graph's type if needed."""
    shape = physical_shape(emitter.graph.type(name), emitter.orders[name])
    if io == "float" and emitter.params(name) is not None:
        outside = emitter.builder.tensor(name, shape, "float32")
        emitter.builder.operator(QUANTIZE, [outside], [emitter.define(name, f"{name}/int8")])
        return outside
    if io == "uint8":
        outside = emitter.builder.tensor(name, shape, "uint8", _as_uint8(emitter.plan.params[name]))
        emitter.builder.operator(QUANTIZE, [outside], [emitter.define(name, f"{name}/int8")])
        return outside
    return emitter.define(name)


def _output(emitter: Emitter, name: str, io: IoType) -> int:
    order = emitter.external_order(name)
    data = emitter.graph.constant(name)
    if data is not None:  # no image changes it, so that it stays exact
        return emitter.builder.constant(name, data.transpose(order) if data.ndim else data)
    if io == "float":
        return emitter.tensor(name, "float32", order)
    index = emitter.tensor(name, "int8", order)
    if io == "int8":
        return index
    params = _as_uint8(emitter.plan.params[name])
    outside = emitter.builder.tensor(f"{name}/uint8", physical_shape(emitter.graph.type(name), order), "uint8", params)
    emitter.builder.operator(QUANTIZE, [index], [outside])
    return outside


def _as_uint8(params: QParams) -> QParams:
    """The parameters of int8 shifted by 128, for uint8."""
    return QParams(params.scale, params.zero_point + 128)
