"""Emit a graph as ncnn's two files."""

from __future__ import annotations

from dataclasses import replace

from edgeface.backends.ncnn.activations import fuse_activations
from edgeface.backends.ncnn.blobs import blob_name, blob_shape, shape_params
from edgeface.backends.ncnn.emitter import Emitter
from edgeface.backends.ncnn.integers import integer_forms
from edgeface.backends.ncnn.layer import BFLOAT16, MODEL_FILE, OUTPUT_SHAPE, WEIGHTS_FILE, Layer, Parameter
from edgeface.backends.ncnn.lowerings import lower, lowers
from edgeface.backends.ncnn.round_weights import round_weights
from edgeface.backends.ncnn.scheme import DTYPES
from edgeface.backends.ncnn.stored import in_integers
from edgeface.backends.ncnn.write import write_layers
from edgeface.backends.target import EmitOptions
from edgeface.errors import GraphError, OperatorError, Refusal
from edgeface.graph.expand import expand
from edgeface.graph.ir import Graph, Node
from edgeface.quantize.plan import QuantPlan
from edgeface.quantize.precision import require_dtypes


def emit(graph: Graph, plan: QuantPlan, _: EmitOptions) -> dict[str, bytes]:
    """Both files of a float32 network.

    Raises:
        GraphError: an op has no layer in ncnn (an OperatorError if several have none).
    """
    require_dtypes(graph, plan, ("float32",), "ncnn")
    return _emit(graph, plan, bfloat16=False)


def emit_bfloat16(graph: Graph, plan: QuantPlan, _: EmitOptions) -> dict[str, bytes]:
    """Both files, of which the first says that values are to be stored in bfloat16; the weights are the same.

    Raises:
        GraphError: as `emit`.
    """
    require_dtypes(graph, plan, ("float32",), "ncnn")
    return _emit(graph, plan, bfloat16=True)


def emit_int8(graph: Graph, plan: QuantPlan, _: EmitOptions) -> dict[str, bytes]:
    """Both files, with the planned convolutions and products in int8; values between others are stored in bfloat16.

    That saves the time that float layers among integer ones lose by their values' size: RetinaFace at 240×320 with its
    first stage in float takes 29.0 ms on an emulated Cortex-A72 with float32 values, 27.9 with these, ncnn-fp32 31.6.

    Raises:
        GraphError: as `emit`, or the plan has zeros where ncnn has none.
    """
    require_dtypes(graph, plan, DTYPES, "ncnn-int8")
    integers = {node.output for node in graph.nodes if in_integers(graph, node, plan)}
    return _emit(round_weights(graph, integers), plan, bfloat16=True)


def _emit(graph: Graph, plan: QuantPlan, bfloat16: bool) -> dict[str, bytes]:
    graph = expand(graph, lambda op: not lowers(op))
    fused, gone = fuse_activations(graph)
    emitter = Emitter(graph, fused, integer_forms(graph, plan, fused))
    for name in graph.inputs:
        emitter.layers.append(_input(graph, name, bfloat16))
    _lower_all(emitter, [node for node in graph.nodes if node.output not in gone])
    text, weights = write_layers(*_with_outputs(emitter))
    return {MODEL_FILE: text, WEIGHTS_FILE: weights}


def _input(graph: Graph, name: str, bfloat16: bool) -> Layer:
    shape = graph.type(name).shape
    params: dict[int, Parameter] = {**shape_params(blob_shape(shape)), OUTPUT_SHAPE: (len(shape), *shape)}
    if bfloat16:
        params[BFLOAT16] = 1
    return Layer("Input", blob_name(name), (), (blob_name(name),), params)


def _with_outputs(emitter: Emitter) -> tuple[list[Layer], list[str]]:
    """The layers, of which those that make outputs say their shapes, and the outputs' blobs.

    An output that is an input or a constant gets a layer of its own.
    """
    graph, outputs = emitter.graph, list(dict.fromkeys(emitter.graph.outputs))
    for name in outputs:
        if graph.constant(name) is not None:
            emitter.read(name)
    shapes = {blob_name(name): graph.type(name).shape for name in outputs}
    layers = []
    for layer in emitter.layers:
        shape = shapes.get(layer.outputs[0])
        said = {} if shape is None else {OUTPUT_SHAPE: (len(shape), *shape)}
        layers.append(replace(layer, params={**layer.params, **said}))
    return layers, list(shapes)


def _lower_all(emitter: Emitter, nodes: list[Node]) -> None:
    """Write the layers of every node.

    Raises:
        GraphError: a node cannot be lowered.
        OperatorError: several cannot; it lists all of them.
    """
    refused: list[tuple[Node, GraphError]] = []
    for node in nodes:
        try:
            lower(emitter, node)
        except GraphError as error:
            refused.append((node, error))
    if len({(error.what, error.where) for _, error in refused}) == 1:
        raise refused[0][1]
    if refused:
        found = [Refusal(n.origin or n.output, type(n.op).__name__, e.what, e.fix) for n, e in refused]
        raise OperatorError(found, where=emitter.graph.name)
