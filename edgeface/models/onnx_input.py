"""A user's ONNX model with the one input that the rest of the tool knows: float32 [1,C,H,W], the picture upright."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from edgeface.contracts import ImageInput
from edgeface.errors import ContractError
from edgeface.graph.onnx_steps.feed_floats import feed_floats
from edgeface.graph.onnx_steps.pin_inputs import model_inputs, pin_inputs
from edgeface.graph.onnx_steps.walk import graphs_of
from edgeface.graph.onnx_steps.widen_float16 import widen_float16

if TYPE_CHECKING:
    import onnx

_FLOAT = 1  # onnx.TensorProto.DataType
_AXES = {"n": 0, "c": 1, "h": 2, "w": 3}


def adapt_input(model: onnx.ModelProto, spec: ImageInput, path: Path) -> onnx.ModelProto:
    """The model, changed in place, with the contract's image as its input, whatever the file declares.

    A file with channels last or with x before y, as `spec` says, gets a Transpose at its head, one of other numbers
    than float32 a Cast.

    Args:
        model: a parsed model.
        spec: the contract's, with the file's layout.
        path: the file, for errors.

    Raises:
        ContractError: the file has another input, several, or one with other channels or another layout.
        InputError, GraphError: the model cannot be pinned or widened.
    """
    declared = _declared(model, spec, path)
    axes = axes_in_file(spec)
    sizes = tuple(spec.shape[_AXES[axis]] for axis in axes)
    _check_layout(declared, sizes, spec, path)
    model = pin_inputs(model, {spec.name: sizes}, str(path))
    model = feed_floats(widen_float16(model, str(path)))
    return _upright(model, spec, axes)


def axes_in_file(spec: ImageInput) -> str:
    """The order of the file's axes, e.g. "nhwc"; "nwhc" where x comes before y."""
    return spec.layout.replace("hw", "wh") if spec.swapped_axes else spec.layout


def _declared(model: onnx.ModelProto, spec: ImageInput, path: Path) -> tuple[int, ...]:
    """The sizes that the file declares for its one input, 0 where they are open; empty if it says nothing."""
    inputs = {value.name: value for value in model_inputs(model)}
    if len(inputs) > 1:
        further = ", ".join(repr(name) for name in inputs if name != spec.name)
        raise ContractError(
            f"the model has {len(inputs)} inputs, and an image is all that it can be fed: {further} would stay empty",
            where=str(path),
            fix="export the model with one input, the image, and what else it needs as constants",
        )
    if list(inputs) != [spec.name]:
        raise ContractError(
            f"the contract's input is {spec.name!r}, the model has {', '.join(map(repr, inputs)) or 'none'}",
            where=str(path),
            fix="write the input's name into the contract: name = … in the table [input]",
        )
    dims = inputs[spec.name].type.tensor_type.shape.dim
    return tuple(max(dim.dim_value, 0) for dim in dims)


def _check_layout(declared: tuple[int, ...], sizes: tuple[int, ...], spec: ImageInput, path: Path) -> None:
    """Refuse an input that is no image of the contract's channels; other declared sizes are replaced."""
    axis = axes_in_file(spec).index("c")
    fits = len(declared) == len(sizes) and declared[axis] in (0, spec.channels)
    turned = fits and not declared[axis] and declared[4 - axis] == spec.channels != sizes[4 - axis]
    if not declared or (fits and not turned):
        return
    shown = "×".join(str(own or "?") for own in declared)
    fix = "correct color and layout in the contract's table [input]"
    if len(declared) == len(sizes) and declared[4 - axis] == spec.channels:
        other = "nhwc" if spec.layout == "nchw" else "nchw"
        fix = f'write layout = "{other}" into the table [input] of the contract'
    raise ContractError(
        f"the model's input is {shown}, the contract's is {'×'.join(map(str, sizes))}",
        where=f"{path}: input {spec.name!r}",
        fix=fix,
    )


def _upright(model: onnx.ModelProto, spec: ImageInput, axes: str) -> onnx.ModelProto:
    """The model with float32 NCHW in front of what the file takes."""
    from onnx import helper

    (value,) = model_inputs(model)
    kind = value.type.tensor_type.elem_type
    made: list[onnx.NodeProto] = []
    last = spec.name
    if axes != "nchw":
        perm = [_AXES[axis] for axis in axes]
        made.append(helper.make_node("Transpose", [last], [f"{spec.name}/upright"], perm=perm))
        last = f"{spec.name}/upright"
    if kind != _FLOAT:
        made.append(helper.make_node("Cast", [last], [f"{spec.name}/cast"], to=kind))
        last = f"{spec.name}/cast"
    for graph in graphs_of(model.graph) if made else ():
        for node in graph.node:
            node.input[:] = [last if name == spec.name else name for name in node.input]
    kept = list(model.graph.node)
    del model.graph.node[:]
    model.graph.node.extend([*made, *kept])
    value.CopyFrom(helper.make_tensor_value_info(spec.name, _FLOAT, spec.shape))
    return model
