"""ONNX reader: constant folding and shape inference by onnxsim, then one Node per ONNX node."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from edgeface.core.file_kind import refuse_other
from edgeface.errors import GraphError, InputError
from edgeface.graph.ir import Graph, Node, Value, constant_value
from edgeface.graph.onnx_contradictions import refuse_contradictions
from edgeface.graph.onnx_products import product_form
from edgeface.graph.ops import ops_by_onnx_type
from edgeface.graph.ops.base import OnnxNode, Op
from edgeface.graph.ops.shape import Reshape
from edgeface.graph.types import Array, DType, TensorType
from edgeface.reading.kinds import ONNX
from edgeface.reading.regular_file import read_file

if TYPE_CHECKING:
    import onnx

_PASS_THROUGH = {"Identity", "Dropout"}
_STANDARD = {"", "ai.onnx"}


def read_onnx(source: Path | bytes, name: str | None = None) -> Graph:
    """The Graph of an ONNX model with static shapes.

    Args:
        source: a file, or the serialized model itself.
        name: the graph's name; by default the model's.

    Raises:
        InputError: the file is not an ONNX model, or is larger than 2 GiB.
        GraphError: an op is not supported, shapes are dynamic, or the graph is invalid.
    """
    where = str(source) if isinstance(source, Path) else "ONNX model"
    model = _simplify(parse_onnx(source), where)
    return _to_graph(model, name or model.graph.name or "model", where)


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


def _simplify(model: onnx.ModelProto, where: str) -> onnx.ModelProto:
    """Fold constants and infer shapes; fusion is left to the passes, so that operator counts stay unfused."""
    import onnxsim

    try:
        folded: onnx.ModelProto = onnxsim.simplify(model, check_n=0, perform_optimization=False)[0]
    except Exception as error:  # onnxsim raises bare C++ exceptions of many kinds
        message = f"onnxsim cannot fold this model: {str(error).strip().partition(chr(10))[0]}"
        raise GraphError(message, where=where, fix="run onnx.checker on the model") from error
    return folded


def _to_graph(model: onnx.ModelProto, name: str, where: str) -> Graph:
    constants: dict[str, Array] = {t.name: stored_array(t, where) for t in model.graph.initializer}
    inputs = [_input(v, where) for v in model.graph.input if v.name not in constants]
    shapes = {v.name: v.type.shape for v in inputs} | {k: tuple(v.shape) for k, v in constants.items()}
    opset = max((o.version for o in model.opset_import if o.domain in _STANDARD), default=1)
    aliases: dict[str, str] = {}
    dtypes: dict[str, DType] = {}
    nodes: list[Node] = []
    for proto in model.graph.node:
        arguments = tuple(aliases.get(i, i) for i in proto.input)
        if proto.op_type in _PASS_THROUGH:
            aliases[proto.output[0]] = arguments[0]
            continue
        if proto.op_type == "Constant":
            constants[proto.output[0]] = _constant(proto, where)
            shapes[proto.output[0]] = tuple(constants[proto.output[0]].shape)
            continue
        node = _read_node(proto, arguments, constants, shapes, opset, where)
        nodes.append(node)
        made = _output_types(node, shapes, dtypes, constants, where)
        shapes |= {name: kind.shape for name, kind in made.items()}
        dtypes |= {name: kind.dtype for name, kind in made.items()}
    outputs = [o.name for o in model.graph.output]
    return Graph.build(name, inputs, outputs, _keep_names(outputs, aliases, nodes, shapes), constants)


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
    node: Node,
    shapes: dict[str, tuple[int, ...]],
    dtypes: dict[str, DType],
    constants: dict[str, Array],
    where: str,
) -> dict[str, TensorType]:
    location = f"{where}: node {node.origin!r}"
    try:
        types = node.op.infer([_type(i, shapes, dtypes, constants) for i in node.inputs])
    except GraphError as error:
        raise GraphError(error.what, where=location, fix=error.fix) from error
    if len(types) != len(node.outputs):
        raise GraphError(
            f"{len(node.outputs)} outputs are used, only the first {len(types)} is supported", where=location
        )
    return dict(zip(node.outputs, types, strict=True))


def _type(
    name: str, shapes: dict[str, tuple[int, ...]], dtypes: dict[str, DType], constants: dict[str, Array]
) -> TensorType:
    if name in constants:
        return constant_value(name, constants[name]).type
    if name not in shapes:
        raise GraphError(f"no node produces the value {name!r}")
    return TensorType(shapes[name], dtypes.get(name, "float32"))


def _input(value: onnx.ValueInfoProto, where: str) -> Value:
    import onnx

    if value.type.tensor_type.elem_type != onnx.TensorProto.FLOAT:
        kind = onnx.TensorProto.DataType.Name(value.type.tensor_type.elem_type).lower()
        fix = "export the model with a float32 input; the contract describes the preprocessing"
        raise GraphError(f"input {value.name!r} is {kind}, only float32 is supported", where=where, fix=fix)
    dims = value.type.tensor_type.shape.dim
    shape = tuple(d.dim_value if d.HasField("dim_value") else 0 for d in dims)
    if min(shape, default=1) < 1:
        given = "×".join(str(d.dim_value) if d.HasField("dim_value") else (d.dim_param or "?") for d in dims)
        raise GraphError(
            f"input {value.name!r} has a dynamic shape ({given})",
            where=where,
            fix="export the model with fixed sizes, batch 1",
        )
    return Value(value.name, TensorType(shape))


def stored_array(tensor: onnx.TensorProto, where: str) -> Array:
    """The numbers of a tensor in a model.

    Raises:
        InputError: its data does not have its type and shape.
    """
    from onnx import numpy_helper

    try:
        return numpy_helper.to_array(tensor)
    except (ValueError, TypeError, KeyError, OverflowError, MemoryError) as error:
        said = (str(error) or type(error).__name__).splitlines()[0]
        raise InputError(f"the tensor {tensor.name!r} is damaged: {said}", where=where, fix=ONNX.fix) from error


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
        raise GraphError(
            f"ONNX operator {proto.op_type} is not supported",
            where=location,
            fix="add a file for it under edgeface/graph/ops/ (CONTRIBUTING.md shows how)",
        )
    view = OnnxNode(
        proto.op_type,
        {a.name: helper.get_attribute_value(a) for a in proto.attribute},
        arguments,
        tuple(constants.get(i) for i in arguments),
        tuple(shapes.get(i, ()) for i in arguments),
        opset,
    )
    try:
        if proto.op_type in _NORMAL_FORMS:
            view, op_type = _NORMAL_FORMS[proto.op_type](view, constants)
        op, inputs = op_type.from_onnx(view)
    except GraphError as error:
        raise GraphError(error.what, where=location, fix=error.fix) from error
    outputs = proto.output[:1] if proto.op_type == "BatchNormalization" else [o for o in proto.output if o]
    return Node(op, inputs, tuple(outputs), proto.name or proto.output[0])


_NORMAL_FORMS: dict[str, Callable[[OnnxNode, dict[str, Array]], tuple[OnnxNode, type[Op]]]] = {
    "Gemm": product_form,
    "MatMul": product_form,
}
