"""Fix the sizes of a model's inputs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from edgeface.errors import GraphError, InputError

if TYPE_CHECKING:
    import onnx

_FIX = "pass the size, e.g. --input 640x640, or export the model with fixed sizes, batch 1"


def pin_inputs(model: onnx.ModelProto, shapes: Mapping[str, tuple[int, ...]] | None, where: str) -> onnx.ModelProto:
    """The model, changed in place, with a static shape for every input, and no shapes that may be of other sizes.

    What is inferred about other values, and declared of the outputs, is dropped: exporters and hands that change an
    input's size leave it stale.

    Args:
        model: a parsed model.
        shapes: the shape of some inputs by name, instead of what they declare. Of others a batch that is the only
            dynamic size becomes 1.
        where: its name in errors.

    Raises:
        InputError: a shape is given for a value that is no input, or has another number of axes.
        GraphError: a size is dynamic and not given.
    """
    inputs = {value.name: value for value in model_inputs(model)}
    for name, shape in (shapes or {}).items():
        if name not in inputs:
            listed = ", ".join(map(repr, inputs)) or "none"
            raise InputError(f"the model has no input {name!r}", where=where, fix=f"its inputs are: {listed}")
        _set_shape(inputs[name], shape, where)
    for name, value in inputs.items():
        if name not in (shapes or {}):
            _pin_batch(value, where)
    del model.graph.value_info[:]
    for output in model.graph.output:
        if output.name not in inputs:
            output.type.tensor_type.ClearField("shape")
    return model


def resized(model: onnx.ModelProto, shapes: Mapping[str, tuple[int, ...]]) -> str:
    """Says of a model's name in errors that inputs get other sizes than it declares; empty if none does.

    Where a file is written for its own size alone, this is why its shapes do not fit.
    """
    for value in model_inputs(model):
        dims = value.type.tensor_type.shape.dim
        shape = shapes.get(value.name)
        if shape and any(dim.dim_value > 0 and dim.dim_value != n for dim, n in zip(dims, shape, strict=False)):
            return f" at {'×'.join(map(str, shape))} (the file declares {_sizes(dims)})"
    return ""


def model_inputs(model: onnx.ModelProto) -> list[onnx.ValueInfoProto]:
    """The inputs that are fed: before IR 4, weights are listed as inputs too."""
    stored = {tensor.name for tensor in model.graph.initializer}
    return [value for value in model.graph.input if value.name not in stored]


def _set_shape(value: onnx.ValueInfoProto, shape: tuple[int, ...], where: str) -> None:
    tensor = value.type.tensor_type
    if tensor.HasField("shape") and len(tensor.shape.dim) != len(shape):
        raise InputError(
            f"input {value.name!r} has {len(tensor.shape.dim)} axes ({_sizes(tensor.shape.dim)}), "
            f"the shape given for it has {len(shape)} ({'×'.join(map(str, shape))})",
            where=where,
            fix="give a size for each axis",
        )
    if min(shape, default=1) < 1:
        raise InputError(f"input {value.name!r} cannot have the shape {'×'.join(map(str, shape))}", where=where)
    tensor.shape.CopyFrom(type(tensor.shape)())  # also drops the names of sizes, which no longer hold
    for size in shape:
        tensor.shape.dim.add().dim_value = size


def _pin_batch(value: onnx.ValueInfoProto, where: str) -> None:
    tensor = value.type.tensor_type
    if not tensor.HasField("shape"):
        fix = "export the model with fixed sizes, batch 1"
        raise GraphError(f"input {value.name!r} does not say its number of axes", where=where, fix=fix)
    dynamic = [index for index, dim in enumerate(tensor.shape.dim) if dim.dim_value < 1]
    if dynamic not in ([], [0]):
        given = _sizes(tensor.shape.dim)
        raise GraphError(f"input {value.name!r} has a dynamic shape ({given})", where=where, fix=_FIX)
    if dynamic:
        tensor.shape.dim[0].dim_value = 1


def _sizes(dims: Iterable[onnx.TensorShapeProto.Dimension]) -> str:
    return "×".join(str(dim.dim_value) if dim.HasField("dim_value") else (dim.dim_param or "?") for dim in dims)
