"""Static shapes for every tensor of an ONNX model, for one image of a given size.

onnx's own inference is asked node by node, not for the whole model at once: each shape is checked before anything is
made of it. In one go, a few nodes can make it build shapes of billions of dimensions.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal

from edgeface.cost.network import Tensor
from edgeface.cost.readers.onnx_constants import ShapeArithmetic
from edgeface.cost.readers.onnx_dtypes import dtype_name
from edgeface.cost.readers.onnx_infer import infer_outputs
from edgeface.cost.readers.onnx_names import place_of
from edgeface.errors import GraphError, InputError

if TYPE_CHECKING:
    import onnx

Layout = Literal["nchw", "nhwc"]
MAX_ELEMENTS = 1 << 40
_MAX_RANK = 64
_COLORS = (1, 3, 4)


def set_input_size(model: onnx.ModelProto, size: tuple[int, int] | None, where: str) -> Layout:
    """Give every input static dims, in place: batch 1, and (height, width) where a size is asked for or needed.

    Returns:
        The memory order of the image input.

    Raises:
        InputError: a dynamic size without one to put in its place, or a size for an input that is no image.
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
            f"input {value.name!r} is no tensor of a known rank", where=where, fix="export the model with static sizes"
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
            fix="say at which size to count: --input HEIGHTxWIDTH, e.g. --input 112x112"
            if layout is not None
            else "export the model with static sizes",
        )
    return layout


def _layout(shape: list[int]) -> Layout | None:
    """Where the channels stand in an image input; channels first where both could be."""
    if len(shape) != 4:
        return None
    return "nhwc" if shape[3] in _COLORS and shape[1] not in _COLORS else "nchw"


def infer_tensors(model: onnx.ModelProto, where: str) -> dict[str, Tensor]:
    """Every tensor with its static shape, after `set_input_size`; the nodes stand in the order of execution.

    Raises:
        GraphError: shapes contradict each other, depend on data, or are too large to be meant.
    """
    version = _opset(model, where)
    tensors: dict[str, Tensor] = {}
    types: dict[str, onnx.TypeProto] = {}
    for name, kind in _given(model):
        types[name] = kind
        tensors[name] = _tensor(name, kind, where)
    arithmetic = ShapeArithmetic(model.graph.initializer, version)
    for node in model.graph.node:
        place = f"{where}: {place_of(node)}"
        for name, kind in infer_outputs(node, version, types, arithmetic.protos, place).items():
            types[name] = kind
            tensors[name] = _tensor(name, kind, where)
        arithmetic.run(node, tensors)
    return tensors


def _opset(model: onnx.ModelProto, where: str) -> int:
    """The version of ONNX's own operators."""
    versions = [entry.version for entry in model.opset_import if entry.domain in {"", "ai.onnx"}]
    if not versions or versions[0] < 1:
        raise GraphError("the model names no version of ONNX's operators", where=where, fix="export the model again")
    return int(versions[0])


def _given(model: onnx.ModelProto) -> Iterable[tuple[str, onnx.TypeProto]]:
    from onnx import helper

    stored = {t.name: helper.make_tensor_type_proto(t.data_type, t.dims) for t in model.graph.initializer}
    yield from stored.items()
    yield from ((value.name, value.type) for value in model.graph.input if value.name not in stored)


def _tensor(name: str, kind: onnx.TypeProto, where: str) -> Tensor:
    place = f"{where}: tensor {name!r}"
    dims = kind.tensor_type.shape.dim
    if not kind.tensor_type.HasField("shape") or not all(dim.HasField("dim_value") for dim in dims):
        raise GraphError(
            "the size of a tensor cannot be told from the file",
            where=place,
            fix="export the model with static shapes, or run onnxsim on it",
        )
    if len(dims) > _MAX_RANK:
        raise GraphError(f"a tensor of {len(dims):,} dimensions cannot be meant", where=place)
    found = Tensor(name, tuple(dim.dim_value for dim in dims), dtype_name(kind.tensor_type.elem_type, place))
    if found.count > MAX_ELEMENTS or min(found.shape, default=1) < 0:
        shape = "×".join(map(str, found.shape))
        raise GraphError(f"a tensor of {shape} elements is too large to be meant", where=place)
    return found
