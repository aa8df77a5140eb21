"""Open an untrusted ONNX file, and drop its weights."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from edgeface.cost.readers.limits import MAX_OPERATORS
from edgeface.cost.readers.onnx_dtypes import bits_of, stored_bytes
from edgeface.cost.readers.onnx_external import KEPT_ELEMENTS, read_external
from edgeface.cost.readers.onnx_names import describe_node, make_names_visible
from edgeface.errors import InputError
from edgeface.graph.onnx_contradictions import refuse_contradictions
from edgeface.graph.onnx_steps.inline_functions import inline_functions
from edgeface.reading.kinds import ONNX
from edgeface.reading.regular_file import read_file

if TYPE_CHECKING:
    import onnx

MAX_ELEMENTS = 1 << 40
_GRAPHS = (5, 10)  # AttributeProto.GRAPH and GRAPHS
_CONTROL_FLOW = ("If", "Loop", "Scan", "SequenceMap")


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
    if model.functions:  # only now, because this copies the model, which no longer has weights
        model = inline_functions(model, where)
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
    if len(model.graph.node) > MAX_OPERATORS:
        raise InputError(
            f"the model has {len(model.graph.node):,} operators; at most {MAX_OPERATORS:,} are supported",
            where=where,
            fix="check the network in parts",
        )
    if model.graph.sparse_initializer:
        raise InputError(
            "sparse initializers are not supported", where=where, fix="export the model with dense weights"
        )
    for node in _all_nodes(model):
        _refuse_unreadable(node, where)
    return model


def _all_nodes(model: onnx.ModelProto) -> list[onnx.NodeProto]:
    """The nodes of the graph and of the model's functions."""
    return [*model.graph.node, *(node for function in model.functions for node in function.node)]


def _refuse_unreadable(node: onnx.NodeProto, where: str) -> None:
    location = f"{where}: {describe_node(node)}"
    if node.op_type in _CONTROL_FLOW or any(a.type in _GRAPHS or a.HasField("g") or a.graphs for a in node.attribute):
        raise InputError(
            f"the cost of {node.op_type} depends on data, so budgets cannot be checked",
            where=location,
            fix="export the model without control flow; onnxsim removes branches on constants",
        )
    for attribute in node.attribute:
        if attribute.HasField("sparse_tensor") or attribute.sparse_tensors or attribute.tensors:
            raise InputError(
                f"the tensors in {attribute.name!r} are not supported",
                where=location,
                fix="export the model with dense weights",
            )


def _constants(model: onnx.ModelProto) -> list[tuple[onnx.TensorProto, str]]:
    found = [(tensor, f"tensor {tensor.name!r}") for tensor in model.graph.initializer]
    for node in _all_nodes(model):
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
