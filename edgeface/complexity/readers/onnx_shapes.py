"""Static shapes for every tensor of an ONNX model, for one image of a given size."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from edgeface.complexity.network import Tensor
from edgeface.complexity.readers.onnx_constants import compute_shape_arithmetic
from edgeface.complexity.readers.onnx_dtypes import dtype_name
from edgeface.errors import GraphError, InputError

if TYPE_CHECKING:
    import onnx

Layout = Literal["nchw", "nhwc"]
MAX_ELEMENTS = 1 << 40
_COLOURS = (1, 3, 4)


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
    return "nhwc" if shape[3] in _COLOURS and shape[1] not in _COLOURS else "nchw"


def infer_tensors(model: onnx.ModelProto, where: str) -> dict[str, Tensor]:
    """Every tensor with its static shape, after `set_input_size`.

    Raises:
        GraphError: shapes contradict each other, depend on data, or are too large to be meant.
    """
    inferred = _infer(model, where)
    missing = _unresolved(inferred)
    while missing:
        if not compute_shape_arithmetic(inferred):
            raise GraphError(
                f"the size of {len(missing)} tensor(s) cannot be told from the file",
                where=f"{where}: tensor {missing[0]!r}",
                fix="export the model with static shapes, or run onnxsim on it",
            )
        inferred = _infer(inferred, where)
        missing = _unresolved(inferred)
    stored = inferred.graph.initializer
    constants = {t.name: Tensor(t.name, tuple(t.dims), dtype_name(t.data_type, where), True) for t in stored}
    computed = {v.name: _tensor(v, where) for v in _values(inferred) if v.name not in constants}
    return computed | constants


def _infer(model: onnx.ModelProto, where: str) -> onnx.ModelProto:
    from onnx import shape_inference

    del model.graph.value_info[:]
    for output in model.graph.output:
        output.type.tensor_type.ClearField("shape")
    try:
        return shape_inference.infer_shapes(model, check_type=False, strict_mode=True, data_prop=True)
    except Exception as error:  # bare C++ exceptions of several kinds
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        raise GraphError(
            f"the tensors do not fit together: {lines[-1] if lines else type(error).__name__}",
            where=where,
            fix="run onnx.checker on the model; a fixed reshape inside it also forbids another --input",
        ) from error


def _values(model: onnx.ModelProto) -> list[onnx.ValueInfoProto]:
    return [*model.graph.input, *model.graph.value_info, *model.graph.output]


def _unresolved(model: onnx.ModelProto) -> list[str]:
    """Tensors that some node makes and whose shape is not fully known, in the nodes' order."""
    known = {v.name for v in _values(model) if _is_static(v)}
    return [name for node in model.graph.node for name in node.output if name and name not in known]


def _is_static(value: onnx.ValueInfoProto) -> bool:
    kind = value.type.tensor_type
    return kind.HasField("shape") and all(dim.HasField("dim_value") for dim in kind.shape.dim)


def _tensor(value: onnx.ValueInfoProto, where: str) -> Tensor:
    place = f"{where}: tensor {value.name!r}"
    kind = value.type.tensor_type
    found = Tensor(value.name, tuple(dim.dim_value for dim in kind.shape.dim), dtype_name(kind.elem_type, place))
    if found.count > MAX_ELEMENTS or min(found.shape, default=1) < 0:
        shape = "×".join(map(str, found.shape))
        raise GraphError(f"a tensor of {shape} elements is too large to be meant", where=place)
    return found
