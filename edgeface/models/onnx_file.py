"""A user's own ONNX model, adapted to the inputs and outputs of its contract."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from edgeface.contracts import BaseContract, Contract
from edgeface.core.file_kind import kind_of
from edgeface.errors import ContractError, GraphError, InputError, OperatorError
from edgeface.graph.onnx_reader import parse_onnx, read_onnx, stored_array
from edgeface.graph.onnx_steps.cut_decisions import may_decide
from edgeface.graph.onnx_steps.drop_unread import drop_unread_inputs
from edgeface.graph.onnx_steps.expand_fused import expand_fused
from edgeface.graph.onnx_steps.float_heads import with_outputs
from edgeface.graph.onnx_steps.inline_functions import inline_functions
from edgeface.graph.onnx_steps.pin_inputs import model_inputs
from edgeface.graph.onnx_steps.prepare import prepare
from edgeface.graph.onnx_steps.unlist_weights import unlist_weights
from edgeface.models.onnx_input import adapt_input
from edgeface.models.weight_values import check_weights

if TYPE_CHECKING:
    import onnx

SUFFIX = ".onnx"
_OF_INFERENCE = (RuntimeError, ValueError, TypeError, MemoryError)
_LAYOUT = ("layout", "swapped_axes")
AnyContract = TypeVar("AnyContract", bound=BaseContract)
_WEIGHTED = frozenset({"Conv", "ConvTranspose", "Gemm", "MatMul"})


def is_onnx_file(path: Path) -> bool:
    """Whether a path names an ONNX model, by its suffix or, if it exists, by its first bytes."""
    if path.suffix == SUFFIX:
        return True
    kind = kind_of(path)
    return kind is not None and kind.key == "onnx"


def open_onnx(path: Path, contract: Contract) -> bytes:
    """The model for one image of the contract's size, with the contract's outputs in order.

    Its input is float32 [1,C,H,W], whatever the file's is (`onnx_input`); sizes that the file declares are replaced.
    Outputs that the contract does not name are dropped, with inputs that only they need; values inside that it names
    become outputs. Weights in external files are rejected.

    Args:
        path: an .onnx file of at most 2 GiB.
        contract: names the input and the outputs, and says how the file lays out its input; what is opened has the
            contract `contract.upright()`.

    Returns:
        A serialized ModelProto.

    Raises:
        InputError: the file is missing, too large or not an ONNX model.
        OperatorError: it has nodes that cannot be read; it lists all of them.
        ContractError: it lacks the contract's input or outputs, does not work at the contract's size, or an output is
            what the graph decides.
    """
    model = unlist_weights(expand_fused(inline_functions(parse_onnx(path), str(path))))
    _check_weights(model, path)
    declared = _sizes(model)
    _choose_outputs(model, contract.output_names, path)
    model = adapt_input(drop_unread_inputs(model, contract.input.name), contract.input, path)
    _refuse_decisions(model, path)
    return _checked(model, declared, contract, path).SerializeToString(deterministic=True)  # type: ignore[no-any-return]


def as_in_file(contract: AnyContract, recorded: Mapping[str, Any]) -> AnyContract:
    """A contract with the layout of the file that it was made for, as `layout_of` recorded it."""
    layout = {key: recorded[key] for key in _LAYOUT if key in recorded}
    return contract.model_copy(update={"input": contract.input.model_copy(update=layout)})


def layout_of(contract: Contract) -> dict[str, Any]:
    """How a file lays out its input, where it is not as usual: for the manifest's record of the file."""
    usual = contract.upright().input
    return {key: getattr(contract.input, key) for key in _LAYOUT if getattr(contract.input, key) != getattr(usual, key)}


def _sizes(model: onnx.ModelProto) -> str:
    """The sizes that a model declares for its inputs, for errors."""
    shapes = [[dim.dim_value for dim in value.type.tensor_type.shape.dim] for value in model_inputs(model)]
    return ", ".join("×".join(str(side or "?") for side in shape) for shape in shapes)


def _check_weights(model: onnx.ModelProto, path: Path) -> None:
    """Refuse weights of convolutions and matrix products that no trained network has."""
    used = {name for node in model.graph.node if node.op_type in _WEIGHTED for name in node.input[1:3]}
    found = [tensor for tensor in model.graph.initializer if tensor.name in used]
    check_weights({tensor.name: stored_array(tensor, str(path)) for tensor in found}, str(path))


def _refuse_decisions(model: onnx.ModelProto, path: Path) -> None:
    """Refuse outputs that the reader would cut off, and name those that it would offer instead."""
    if not may_decide(model):
        return
    cut = prepare(type(model).FromString(model.SerializeToString()), str(path)).cut
    if cut is not None:
        raise ContractError(
            f"{', '.join(map(repr, cut.outputs))} is what the graph decides ({', '.join(cut.operators)}), "
            "which a contract's decoder does",
            where=str(path),
            fix=f"name the values before it in [outputs]: {', '.join(map(repr, cut.heads))}",
        )


def _checked(model: onnx.ModelProto, declared: str, contract: Contract, path: Path) -> onnx.ModelProto:
    """The model with its shapes inferred, as far as ONNX's own inference takes it.

    Raises:
        OperatorError: there are nodes that cannot be read.
        ContractError: the shapes do not fit together.
    """
    from google.protobuf.message import DecodeError, EncodeError  # type: ignore[import-untyped]
    from onnx import checker, shape_inference

    try:
        inferred: onnx.ModelProto = shape_inference.infer_shapes(model, strict_mode=True, data_prop=True)
    except (*_OF_INFERENCE, shape_inference.InferenceError, checker.ValidationError, EncodeError, DecodeError) as error:
        _explain(model, declared, contract, path, (str(error).strip() or type(error).__name__).splitlines()[-1])
        return model
    return inferred


def _explain(model: onnx.ModelProto, declared: str, contract: Contract, path: Path, said: str) -> None:
    """Raise what the reader says of a model that ONNX's inference refuses; nothing if the reader takes it."""
    size = "×".join(map(str, contract.input.shape))
    try:
        read_onnx(model.SerializeToString())
    except OperatorError as error:
        resized = "" if size == declared else f", at {size} (the file declares {declared})"
        raise OperatorError(error.refusals, where=f"{path}{resized}") from error
    except (GraphError, InputError) as error:
        raise ContractError(
            f"at the contract's input of {size} the shapes in the model do not fit together: {error.what} ({said})",
            where=str(path),
            fix=f"the file declares {declared}: correct height and width in the contract, or pass --input HEIGHTxWIDTH",
        ) from error


def _choose_outputs(model: onnx.ModelProto, wanted: tuple[str, ...], path: Path) -> None:
    """Make the contract's values the outputs, in its order; a value inside of the graph may be one."""
    found = {value.name: value for value in model.graph.output}
    inside = {name for node in model.graph.node for name in node.output if name}
    missing = [name for name in wanted if name not in found and name not in inside]
    if missing:
        raise ContractError(
            f"the model has no output {', '.join(map(repr, missing))}; it has {', '.join(map(repr, found))}",
            where=str(path),
            fix="use the model's output names in the contract",
        )
    twice = sorted({name for name in wanted if wanted.count(name) > 1})
    if twice:
        what = f"the contract takes the output {twice[0]!r} for several things"
        raise ContractError(what, where=str(path), fix="name each output once")
    with_outputs(model, wanted)
    for value in model.graph.output:
        value.type.tensor_type.ClearField("shape")  # inferred again for the fixed size
