"""ONNX reader: steps that prepare the model, then one Node per ONNX node; all refusals at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from edgeface.core.file_kind import refuse_other
from edgeface.core.progress import note
from edgeface.errors import GraphError, InputError
from edgeface.graph.ir import Graph, Node, constant_value
from edgeface.graph.onnx_contradictions import refuse_contradictions
from edgeface.graph.onnx_products import product_form
from edgeface.graph.onnx_refusals import Refusals, unsupported
from edgeface.graph.onnx_steps.pin_inputs import model_inputs, resized
from edgeface.graph.onnx_steps.prepare import prepare
from edgeface.graph.onnx_tensors import stored_array
from edgeface.graph.ops import ops_by_onnx_type
from edgeface.graph.ops.base import OnnxNode, Op
from edgeface.graph.ops.shape import Reshape
from edgeface.graph.spell_out import spell_out
from edgeface.graph.types import Array, TensorType
from edgeface.reading.kinds import ONNX
from edgeface.reading.regular_file import read_file

if TYPE_CHECKING:
    import onnx

__all__ = ("parse_onnx", "read_onnx", "stored_array")

_PASS_THROUGH = {"Identity", "Dropout"}
_STANDARD = {"", "ai.onnx"}
_OF_WRONG_KIND = (TypeError, ValueError, LookupError, ArithmeticError, AttributeError)
"""What an op raises on values from a file that are of another kind than it takes, such as a list for a number."""
_ONE_OUTPUT = {"BatchNormalization"}  # at inference; the others are of training


def read_onnx(
    source: Path | bytes,
    name: str | None = None,
    input_shapes: Mapping[str, tuple[int, ...]] | None = None,
    own: bool = False,
) -> Graph:
    """The Graph of an ONNX model. Decisions behind the network are cut off, with a note.

    Args:
        source: a file, or the serialized model itself.
        name: the graph's name; by default the model's.
        input_shapes: shapes of inputs by name, also instead of what the model declares. Without one, a batch that is
            the only dynamic size is 1.
        own: whether edgeface wrote the model, see `prepare`.

    Raises:
        InputError: the file is not an ONNX model, or is larger than 2 GiB, or has no such input.
        OperatorError: nodes cannot be read; it lists all of them.
        GraphError: shapes are dynamic, or the graph is invalid.
    """
    where = str(source) if isinstance(source, Path) else "ONNX model"
    model = parse_onnx(source)
    where += resized(model, input_shapes or {})
    prepared = prepare(model, where, input_shapes, own)
    if prepared.cut is not None:
        note(str(prepared.cut))
    return _to_graph(prepared.model, name or prepared.model.graph.name or "model", where)


def parse_onnx(source: Path | bytes) -> onnx.ModelProto:
    """The model of a file of at most 2 GiB that holds its own weights, or of its bytes.

    Raises:
        InputError: it cannot be read, is too large, holds no graph, or keeps weights in other files.
        GraphError: as `refuse_contradictions`.
    """
    import onnx
    from google.protobuf.message import DecodeError  # type: ignore[import-untyped]

    where = str(source) if isinstance(source, Path) else "ONNX model"
    if isinstance(source, Path):
        refuse_other(source, {"onnx"})
    data = read_file(source, ONNX) if isinstance(source, Path) else source
    try:
        model = onnx.load_from_string(data)
    except (DecodeError, UnicodeDecodeError) as error:
        raise InputError(f"cannot read an ONNX model: {error}", where=where) from error
    if not model.graph.node:
        raise InputError(
            "the file does not contain an ONNX graph", where=where, fix="pass a model written by an ONNX exporter"
        )
    if any(tensor.data_location == onnx.TensorProto.EXTERNAL for tensor in model.graph.initializer):
        fix = "save the model with its weights inside (onnx.save without save_as_external_data)"
        raise InputError("weights in external files are not read", where=where, fix=fix)
    refuse_contradictions(model, where)
    return model


def _to_graph(model: onnx.ModelProto, name: str, where: str) -> Graph:
    constants: dict[str, Array] = {t.name: stored_array(t, where) for t in model.graph.initializer}
    refused = Refusals(model, where)
    inputs = [value for proto in model_inputs(model) if (value := refused.input(proto)) is not None]
    types = {v.name: v.type for v in inputs}
    opset = max((o.version for o in model.opset_import if o.domain in _STANDARD), default=1)
    aliases: dict[str, str] = {}
    nodes: list[Node] = []
    for proto in model.graph.node:
        arguments = tuple(aliases.get(i, i) for i in proto.input)
        if proto.op_type in _PASS_THROUGH or _keeps_type(proto, types.get(arguments[0] if arguments else "")):
            aliases[proto.output[0]] = arguments[0]
        elif proto.op_type == "Constant":
            constants[proto.output[0]] = _constant(proto, where)
        elif refused.can_be_read(proto, arguments, constants):
            try:
                shapes = {i: _type(i, types, constants).shape for i in arguments if i}
                for node in spell_out(_read_node(proto, arguments, constants, shapes, opset, where), constants):
                    types |= _output_types(node, types, constants, where)
                    nodes.append(node)
            except GraphError as error:
                types |= refused.add(proto, error)
        else:
            types |= refused.made(proto)
    refused.raise_all()
    outputs = [o.name for o in model.graph.output]
    shapes = {k: v.shape for k, v in types.items()} | {k: v.shape for k, v in constants.items()}
    return Graph.build(name, inputs, outputs, _keep_names(outputs, aliases, nodes, shapes), constants)


def _keeps_type(proto: onnx.NodeProto, kind: TensorType | None) -> bool:
    """Whether a node is a Cast to the type that its input has."""
    from onnx import helper

    if proto.op_type != "Cast" or kind is None:
        return False
    to = next((a.i for a in proto.attribute if a.name == "to"), 0)
    return bool(helper.np_dtype_to_tensor_dtype(np.dtype(kind.dtype)) == to)


def _keep_names(
    outputs: list[str], aliases: dict[str, str], nodes: list[Node], shapes: dict[str, tuple[int, ...]]
) -> list[Node]:
    """Keep the name of an output made by an Identity: its source takes the name, or a Reshape produces it."""
    made = {output for node in nodes for output in node.outputs}
    names: dict[str, str] = {}
    copies: list[Node] = []
    for output, source in ((o, aliases[o]) for o in outputs if o in aliases):
        if source in made and source not in outputs and source not in names:
            names[source] = output
        else:
            copies.append(Node(Reshape(shapes[source]), (source,), (output,), output))
    return [
        replace(n, inputs=tuple(names.get(i, i) for i in n.inputs), outputs=tuple(names.get(o, o) for o in n.outputs))
        for n in (*nodes, *copies)
    ]


def _output_types(
    node: Node, types: Mapping[str, TensorType], constants: dict[str, Array], where: str
) -> dict[str, TensorType]:
    location = f"{where}: node {node.origin!r}"
    try:
        found = node.op.infer([_type(i, types, constants) for i in node.inputs])
    except GraphError as error:
        raise GraphError(error.what, where=location, fix=error.fix) from error
    if len(found) != len(node.outputs):
        raise GraphError(
            f"{len(node.outputs)} outputs are used, only the first {len(found)} is supported", where=location
        )
    return dict(zip(node.outputs, found, strict=True))


def _type(name: str, types: Mapping[str, TensorType], constants: dict[str, Array]) -> TensorType:
    if name in constants:
        return constant_value(name, constants[name]).type
    if name not in types:
        raise GraphError(f"no node produces the value {name!r}")
    return types[name]


def _constant(proto: onnx.NodeProto, where: str) -> Array:
    from onnx import helper

    value = helper.get_attribute_value(proto.attribute[0])
    return stored_array(value, where) if hasattr(value, "data_type") else np.asarray(value)


def _read_node(
    proto: onnx.NodeProto,
    arguments: tuple[str, ...],
    constants: dict[str, Array],
    shapes: dict[str, tuple[int, ...]],
    opset: int,
    where: str,
) -> Node:
    from onnx import helper

    location = f"{where}: node {proto.name or proto.output[0]!r}"
    op_type = ops_by_onnx_type().get(proto.op_type) if proto.domain in _STANDARD else None
    if op_type is None:
        raise unsupported(proto, location)
    view = OnnxNode(
        proto.op_type,
        {a.name: helper.get_attribute_value(a) for a in proto.attribute},
        arguments,
        tuple(constants.get(i) for i in arguments),
        tuple(shapes.get(i, ()) for i in arguments),
        opset,
        len(proto.output),
    )
    try:
        if proto.op_type in _NORMAL_FORMS:
            view, op_type = _NORMAL_FORMS[proto.op_type](view, constants)
        op, inputs = op_type.from_onnx(view)
    except GraphError as error:
        raise GraphError(error.what, where=location, fix=error.fix) from error
    except _OF_WRONG_KIND as error:
        what = f"an attribute or a constant of {proto.op_type} is not of the kind that it takes: {error}"
        raise GraphError(what, where=location, fix="run onnx.checker on the model") from error
    outputs = proto.output[:1] if proto.op_type in _ONE_OUTPUT else proto.output
    return Node(op, inputs, tuple(outputs), proto.name or proto.output[0])


_NORMAL_FORMS: dict[str, Callable[[OnnxNode, dict[str, Array]], tuple[OnnxNode, type[Op]]]] = {
    "Gemm": product_form,
    "MatMul": product_form,
}
