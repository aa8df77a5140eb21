"""Infer static shapes for all tensors of an ONNX model, for one image of a given size.

onnx's inference runs node by node rather than on the whole model, so that each shape is checked before it is used:
otherwise a few nodes can make it build shapes with billions of dimensions.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal

from edgeface.cost.network import Tensor
from edgeface.cost.readers.onnx_branches import CONTROL_FLOW, Branch, branch_taken
from edgeface.cost.readers.onnx_constants import ShapeArithmetic
from edgeface.cost.readers.onnx_dtypes import dtype_name
from edgeface.cost.readers.onnx_infer import depends_on_data, infer_outputs
from edgeface.cost.readers.onnx_names import describe_node
from edgeface.cost.readers.onnx_operators import COUNTED
from edgeface.errors import GraphError, InputError

if TYPE_CHECKING:
    import onnx

Layout = Literal["nchw", "nhwc"]
MAX_ELEMENTS = 1 << 40
_MAX_RANK = 64
_COLORS = (1, 3, 4)


def set_input_size(model: onnx.ModelProto, size: tuple[int, int] | None, where: str) -> Layout:
    """Set static dims for all inputs, in place: batch 1, and (height, width) if a size is given or needed.

    Returns:
        The memory order of the image input.

    Raises:
        InputError: a size is dynamic but not given, or is given for an input that is not an image.
    """
    constants = {tensor.name for tensor in model.graph.initializer}
    inputs = [value for value in model.graph.input if value.name not in constants]
    layouts = [_fix_input(value, size, where) for value in inputs]
    images = [layout for layout in layouts if layout is not None]
    if size is not None and not images:
        raise InputError("the model has no image input that could be resized", where=where, fix="leave out --input")
    return images[0] if images else "nchw"


def _fix_input(value: onnx.ValueInfoProto, size: tuple[int, int] | None, where: str) -> Layout | None:
    if not value.type.tensor_type.HasField("shape"):
        raise InputError(
            f"input {value.name!r} is not a tensor of known rank", where=where, fix="export the model with static sizes"
        )
    dims = value.type.tensor_type.shape.dim
    if len(dims):
        dims[0].dim_value = 1 if len(dims) > 1 else max(dims[0].dim_value, 1)
    layout = _layout([dim.dim_value for dim in dims])
    if layout is not None and size is not None:
        first = 2 if layout == "nchw" else 1
        dims[first].dim_value, dims[first + 1].dim_value = size
    given = "×".join(str(dim.dim_value) if dim.dim_value > 0 else dim.dim_param or "?" for dim in dims)
    if any(dim.dim_value < 1 for dim in dims):
        raise InputError(
            f"input {value.name!r} has a dynamic size: {given}",
            where=where,
            fix="give the size to count at: --input HEIGHTxWIDTH, e.g. --input 112x112"
            if layout is not None
            else "export the model with static sizes",
        )
    return layout


def _layout(shape: list[int]) -> Layout | None:
    """The channel order of an image input; channels first if ambiguous."""
    if len(shape) != 4:
        return None
    return "nhwc" if shape[3] in _COLORS and shape[1] not in _COLORS else "nchw"


def infer_tensors(model: onnx.ModelProto, where: str) -> tuple[dict[str, Tensor], frozenset[str]] | Branch:
    """All tensors with static shapes, after `set_input_size`; the nodes must be in execution order.

    Returns:
        The tensors by name, and the names of those whose sizes depend on data; or, as soon as an If is reached whose
        condition is known, the branch that it takes.

    Raises:
        GraphError: shapes contradict each other, are implausibly large, or the work of a node depends on data.
    """
    unknown: set[str] = set()
    stored = {tensor.name for tensor in model.graph.initializer}
    computed = {value.name for value in model.graph.input} - stored
    version = _opset(model, where)
    tensors: dict[str, Tensor] = {}
    types: dict[str, onnx.TypeProto] = {}
    for name, kind in _given(model):
        types[name] = kind
        tensors[name] = _tensor(name, kind, where)
    arithmetic = ShapeArithmetic(model.graph.initializer, version)
    for node in model.graph.node:
        location = f"{where}: {describe_node(node)}"
        if not unknown.isdisjoint(node.input):
            _refuse_work(node, unknown, location)
            unknown.update(filter(None, node.output))
            continue
        if node.op_type in CONTROL_FLOW:
            branch = branch_taken(node, arithmetic.protos, location)
            if branch is not None:
                return branch
            unknown.update(filter(None, node.output))
            continue
        made = infer_outputs(node, version, types, arithmetic.protos, location)
        if not all(map(_is_static, made.values())) and depends_on_data(node, computed):
            unknown.update(made)
            continue
        if node.op_type not in {"Shape", "Size"} and not computed.isdisjoint(node.input):
            computed.update(made)
        for name, kind in made.items():
            types[name] = kind
            tensors[name] = _tensor(name, kind, where)
        arithmetic.run(node, tensors)
    return tensors, frozenset(unknown)


def _refuse_work(node: onnx.NodeProto, unknown: set[str], where: str) -> None:
    if node.op_type not in COUNTED:
        return
    name = next(name for name in node.input if name in unknown)
    raise GraphError(
        f"the work of {node.op_type} depends on data: the size of {name!r} is known only when the model runs",
        where=where,
        fix="export the parts before and after what depends on data as models of their own, and check each",
    )


def _is_static(kind: onnx.TypeProto) -> bool:
    shape = kind.tensor_type.shape
    return kind.tensor_type.HasField("shape") and all(dim.HasField("dim_value") for dim in shape.dim)


def _opset(model: onnx.ModelProto, where: str) -> int:
    """The model's ONNX opset version."""
    versions = [entry.version for entry in model.opset_import if entry.domain in {"", "ai.onnx"}]
    if not versions or versions[0] < 1:
        raise GraphError("the model does not declare an ONNX opset", where=where, fix="export the model again")
    return int(versions[0])


def _given(model: onnx.ModelProto) -> Iterable[tuple[str, onnx.TypeProto]]:
    from onnx import helper

    stored = {t.name: helper.make_tensor_type_proto(t.data_type, t.dims) for t in model.graph.initializer}
    yield from stored.items()
    yield from ((value.name, value.type) for value in model.graph.input if value.name not in stored)


def _tensor(name: str, kind: onnx.TypeProto, where: str) -> Tensor:
    location = f"{where}: tensor {name!r}"
    dims = kind.tensor_type.shape.dim
    if not _is_static(kind):
        raise GraphError(
            "the size of a tensor cannot be inferred from the file",
            where=location,
            fix="export the model with static shapes, or run onnxsim on it",
        )
    if len(dims) > _MAX_RANK:
        raise GraphError(f"a tensor of {len(dims):,} dimensions is implausible", where=location)
    found = Tensor(name, tuple(dim.dim_value for dim in dims), dtype_name(kind.tensor_type.elem_type, location))
    if found.count > MAX_ELEMENTS or min(found.shape, default=1) < 0:
        shape = "×".join(map(str, found.shape))
        raise GraphError(f"a tensor of {shape} elements is implausibly large", where=location)
    return found
