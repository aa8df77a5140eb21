"""A user's own ONNX model, adapted to the inputs and outputs of its contract."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from edgeface.contracts import Contract
from edgeface.core.file_kind import kind_of
from edgeface.errors import ContractError, InputError
from edgeface.graph.onnx_reader import parse_onnx, stored_array
from edgeface.graph.onnx_steps.float_heads import with_outputs
from edgeface.models.weight_values import check_weights

if TYPE_CHECKING:
    import onnx

SUFFIX = ".onnx"
_OF_INFERENCE = (RuntimeError, ValueError, TypeError, MemoryError)
_WEIGHTED = frozenset({"Conv", "ConvTranspose", "Gemm", "MatMul"})


def is_onnx_file(path: Path) -> bool:
    """Whether a path names an ONNX model, by its suffix or, if it exists, by its first bytes."""
    if path.suffix == SUFFIX:
        return True
    kind = kind_of(path)
    return kind is not None and kind.key == "onnx"


def open_onnx(path: Path, contract: Contract) -> bytes:
    """The model for one image of the contract's size, with the contract's outputs in order.

    Dynamic sizes of the input are fixed; outputs that the contract does not name are dropped, and values inside of the
    graph that it names become outputs. Weights in external files are rejected.

    Args:
        path: an .onnx file of at most 2 GiB.
        contract: names the input and the outputs.

    Returns:
        A serialized ModelProto.

    Raises:
        InputError: the file is missing, too large or not an ONNX model.
        ContractError: it lacks the contract's input or outputs, or its input has another size.
    """
    model = parse_onnx(path)
    _check_weights(model, path)
    _pin_input(model, contract, path)
    _choose_outputs(model, contract.output_names, path)
    del model.graph.value_info[:]  # they may be of other sizes
    pinned: bytes = _inferred(model, path).SerializeToString(deterministic=True)
    return pinned


def _check_weights(model: onnx.ModelProto, path: Path) -> None:
    """Refuse weights of convolutions and matrix products that no trained network has."""
    used = {name for node in model.graph.node if node.op_type in _WEIGHTED for name in node.input[1:3]}
    found = [tensor for tensor in model.graph.initializer if tensor.name in used]
    check_weights({tensor.name: stored_array(tensor, str(path)) for tensor in found}, str(path))


def _inferred(model: onnx.ModelProto, path: Path) -> onnx.ModelProto:
    """The model with shapes inferred from the fixed input size."""
    from google.protobuf.message import DecodeError, EncodeError  # type: ignore[import-untyped]
    from onnx import checker, shape_inference

    try:
        return shape_inference.infer_shapes(model, strict_mode=True, data_prop=True)
    except (*_OF_INFERENCE, shape_inference.InferenceError, checker.ValidationError, EncodeError, DecodeError) as error:
        said = (str(error).strip() or type(error).__name__).splitlines()[-1]
        raise InputError(
            f"the shapes in the model do not fit together: {said}", where=str(path), fix="run onnx.checker on the model"
        ) from error


def _pin_input(model: onnx.ModelProto, contract: Contract, path: Path) -> None:
    weights = {tensor.name for tensor in model.graph.initializer}
    inputs = [value for value in model.graph.input if value.name not in weights]
    names = [value.name for value in inputs]
    if names != [contract.input.name]:
        raise ContractError(
            f"the contract's input is {contract.input.name!r}, the model has {', '.join(map(repr, names)) or 'none'}",
            where=str(path),
            fix="write the input's name into the contract: name = … in the table [input]",
        )
    size = (1, 3, contract.input.height, contract.input.width)
    dims = inputs[0].type.tensor_type.shape.dim
    given = tuple(dim.dim_value if dim.HasField("dim_value") else 0 for dim in dims)
    if len(given) != len(size) or any(own not in {0, wanted} for own, wanted in zip(given, size, strict=True)):
        shown = "×".join(str(own or "?") for own in given)
        raise ContractError(
            f"the model's input is {shown}, the contract's is {'×'.join(map(str, size))}",
            where=f"{path}: input {contract.input.name!r}",
            fix="correct height and width in the contract, or pass --input HEIGHTxWIDTH",
        )
    for dim, wanted in zip(dims, size, strict=True):
        dim.dim_value = wanted


def _choose_outputs(model: onnx.ModelProto, wanted: tuple[str, ...], path: Path) -> None:
    """Make the wanted values the outputs, which may also be values inside of the graph, e.g. before a decode."""
    found = {value.name: value for value in model.graph.output}
    made = {name for node in model.graph.node for name in node.output}
    missing = [name for name in wanted if name not in found and name not in made]
    if missing:
        raise ContractError(
            f"the model has no output {', '.join(map(repr, missing))}; it has {', '.join(map(repr, found))}",
            where=str(path),
            fix="use the model's output names in the contract",
        )
    with_outputs(model, wanted)
    for value in model.graph.output:
        value.type.tensor_type.ClearField("shape")  # inferred again for the fixed size
