"""Open an untrusted ONNX file, and drop its weights."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from edgeface.cost.readers.limits import MAX_OPERATORS
from edgeface.cost.readers.onnx_branches import CONTROL_FLOW, depends_on_data_error
from edgeface.cost.readers.onnx_dtypes import bits_of, stored_bytes
from edgeface.cost.readers.onnx_external import KEPT_ELEMENTS, read_external
from edgeface.cost.readers.onnx_names import describe_node, make_names_visible
from edgeface.errors import InputError
from edgeface.graph.onnx_contradictions import refuse_contradictions
from edgeface.graph.onnx_steps.expand_fused import expand_fused
from edgeface.graph.onnx_steps.inline_functions import inline_functions
from edgeface.graph.onnx_steps.walk import held_graphs
from edgeface.reading.kinds import ONNX
from edgeface.reading.regular_file import read_file

if TYPE_CHECKING:
    import onnx

MAX_ELEMENTS = 1 << 40
_DEEPEST = 20  # graphs within graphs


@dataclass(frozen=True)
class OnnxFile:
    """A parsed model whose large constants have dims but no data.

    `file_bytes` includes external data; `uniform` names vectors with a single repeated value.
    """

    model: onnx.ModelProto
    file_bytes: int
    uniform: frozenset[str]


def open_onnx(source: Path | bytes, where: str, weightless: bool = False) -> OnnxFile:
    """The parsed and checked file; the size of every constant's data must match its dims.

    Args:
        source: a file, or the serialized model itself.
        where: name of the model in errors.
        weightless: whether constants may have no data at all, as in edgeface's skeletons.

    Raises:
        InputError: not an ONNX model, truncated, over 2 GiB, tensors of impossible size, or external data that is
            missing, too short or outside the model's folder.
        GraphError: as `refuse_contradictions`.
    """
    model = _parse(source, where)
    folder = source.parent if isinstance(source, Path) else None
    external: set[Path] = set()
    uniform: set[str] = set()
    for tensor, owner in _constants(model):
        _check_dims(list(tensor.dims), f"{where}: {owner}")
        if tensor.data_location == 1:  # TensorProto.EXTERNAL
            external.add(read_external(tensor, folder, f"{where}: {owner}"))
        else:
            _check_length(tensor, weightless, f"{where}: {owner}")
        if _is_uniform(tensor):
            uniform.add(tensor.name)
        _strip(tensor)
    model = expand_fused(inline_functions(model, where))  # only now: it copies the model, which no longer has weights
    own = source.stat().st_size if isinstance(source, Path) else len(source)
    return OnnxFile(model, own + sum(path.stat().st_size for path in external), frozenset(uniform))


def _parse(source: Path | bytes, where: str) -> onnx.ModelProto:
    import onnx
    from google.protobuf.message import DecodeError  # type: ignore[import-untyped]

    data = read_file(source, ONNX) if isinstance(source, Path) else source
    try:
        model = onnx.load_from_string(data)
    except (DecodeError, UnicodeDecodeError) as error:
        raise InputError(
            f"not an ONNX model, or a damaged one: {str(error) or 'its protobuf cannot be parsed'}",
            where=where,
            fix="copy or export the file again",
        ) from error
    if not model.graph.node or not model.opset_import:
        missing = "operators" if not model.graph.node else "an opset"
        raise InputError(
            f"the file does not contain an ONNX network: it lacks {missing}",
            where=where,
            fix="pass a file that an ONNX exporter wrote, or copy it again",
        )
    make_names_visible(model)
    refuse_contradictions(model, where)
    _refuse_sparse(model.graph, where)
    nodes = _all_nodes(model, where)
    if len(nodes) > MAX_OPERATORS:
        raise InputError(
            f"the model has {len(nodes):,} operators; at most {MAX_OPERATORS:,} are supported",
            where=where,
            fix="check the network in parts",
        )
    for node in nodes:
        _refuse_unreadable(node, where)
    return model


def _all_nodes(model: onnx.ModelProto, where: str) -> list[onnx.NodeProto]:
    """The nodes of the graph and of the model's functions, also those in branches and loops."""
    found: list[onnx.NodeProto] = []
    waiting = [(node, 0) for node in (*model.graph.node, *(n for function in model.functions for n in function.node))]
    for node, depth in waiting:  # which grows
        found.append(node)
        for graph in held_graphs(node):
            if depth >= _DEEPEST:
                raise InputError(f"more than {_DEEPEST} branches or loops are nested", where=where)
            _refuse_sparse(graph, where)
            waiting += [(inner, depth + 1) for inner in graph.node]
    return found


def _refuse_sparse(graph: onnx.GraphProto, where: str) -> None:
    if graph.sparse_initializer:
        raise InputError(
            "sparse initializers are not supported", where=where, fix="export the model with dense weights"
        )


def _refuse_unreadable(node: onnx.NodeProto, where: str) -> None:
    location = f"{where}: {describe_node(node)}"
    wanted, graphs = CONTROL_FLOW.get(node.op_type, 0), len(list(held_graphs(node)))
    if wanted != graphs or node.op_type == "SequenceMap":
        raise depends_on_data_error(node, location)
    for attribute in node.attribute:
        if attribute.HasField("sparse_tensor") or attribute.sparse_tensors or attribute.tensors:
            raise InputError(
                f"the tensors in {attribute.name!r} are not supported",
                where=location,
                fix="export the model with dense weights",
            )


def _constants(model: onnx.ModelProto) -> list[tuple[onnx.TensorProto, str]]:
    nodes = _all_nodes(model, "")
    graphs = [model.graph, *(graph for node in nodes for graph in held_graphs(node))]
    found = [(tensor, f"tensor {tensor.name!r}") for graph in graphs for tensor in graph.initializer]
    for node in nodes:
        for attribute in node.attribute:
            _give_tensor_form(attribute)
            if attribute.HasField("t"):
                found.append((attribute.t, f"{describe_node(node)}, {attribute.name}"))
    return found


def _give_tensor_form(attribute: onnx.AttributeProto) -> None:
    """Convert a long list of a Constant node to a tensor, whose data is then dropped."""
    for name, numbers, code in (("value_floats", attribute.floats, 1), ("value_ints", attribute.ints, 7)):
        if attribute.name == name and len(numbers) > KEPT_ELEMENTS:
            attribute.t.data_type, attribute.t.dims[:] = code, [len(numbers)]
            (attribute.t.float_data if code == 1 else attribute.t.int64_data).extend(numbers)
            attribute.name, attribute.type = "value", attribute.TENSOR
            attribute.ClearField("floats")
            attribute.ClearField("ints")


def _check_dims(dims: list[int], where: str) -> None:
    count = 1
    for size in dims:
        if size < 0:
            raise InputError(f"a tensor has the negative size {size}", where=where, fix="export the model again")
        count *= size
    if count > MAX_ELEMENTS:
        raise InputError(
            f"a tensor of {'×'.join(map(str, dims))} elements is implausibly large",
            where=where,
            fix="the file is damaged: export or copy it again",
        )


def _check_length(tensor: onnx.TensorProto, weightless: bool, where: str) -> None:
    wanted = -(-math.prod(tensor.dims) * bits_of(tensor.data_type, where) // 8)
    kept = stored_bytes(tensor)
    if kept != wanted and not (weightless and kept == 0):
        raise InputError(
            f"a tensor of {wanted:,} bytes has {kept:,} bytes of data",
            where=where,
            fix="the file is truncated or damaged: export or copy it again",
        )


def _is_uniform(tensor: onnx.TensorProto) -> bool:
    """Whether a vector, as stored by exporters, repeats one number."""
    count = math.prod(tensor.dims)
    if count < 2 or count not in tensor.dims:
        return False
    data = tensor.raw_data
    return bool(data) and data == data[: len(data) // count] * count


def _strip(tensor: onnx.TensorProto) -> None:
    if math.prod(tensor.dims) > KEPT_ELEMENTS:
        for name in ("raw_data", "float_data", "int32_data", "int64_data", "double_data", "uint64_data", "string_data"):
            tensor.ClearField(name)
