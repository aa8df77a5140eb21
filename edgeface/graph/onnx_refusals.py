"""What the reader cannot read: all nodes of a model at once, without those that only follow from others."""

from __future__ import annotations

from collections.abc import Container
from typing import TYPE_CHECKING

from edgeface.errors import GraphError, OperatorError, Refusal
from edgeface.graph.ir import Value
from edgeface.graph.onnx_steps.fold_constants import UNKNOWN
from edgeface.graph.ops import ops_by_onnx_type
from edgeface.graph.types import TensorType

if TYPE_CHECKING:
    import onnx

_STANDARD = frozenset({"", "ai.onnx"})
_CONVOLUTIONS = frozenset({"Conv", "ConvTranspose"})
_FLOAT = 1  # onnx.TensorProto.DataType
_FLOAT_INPUT = "export the model with a float32 input; the contract describes the preprocessing"
_FLOAT_NETWORK = "export the float network"
_ADD = "add a file for it under edgeface/graph/ops/ (CONTRIBUTING.md shows how)"

_QUANTIZED = ("the network is already quantized", _FLOAT_NETWORK)
_OF_QUANTIZED = (
    *("QLinear", "QuantizeLinear", "DequantizeLinear", "DynamicQuantize", "ConvInteger", "MatMulInteger"),
    *("QAttention", "QGemm", "MatMulNBits"),
)
"""How operators of quantized networks start, ONNX's and ONNX Runtime's."""

_CHOICE = (
    "{op} depends on the image: a compiled network takes the same steps for every image",
    "export the branch that is meant, or a model that ends before it",
)
_LOOP = (
    "{op} repeats steps: a compiled network lists all of its steps",
    "export the model with its loops unrolled, or one that ends before it",
)
_DECISION = (
    "{op} decides in the middle of the network: layers behind it read what it chose",
    "export what comes before it and what comes behind it as models of their own",
)
_REASONS: dict[str, tuple[str, str]] = {
    "If": _CHOICE,
    **dict.fromkeys(("Loop", "Scan", "SequenceMap"), _LOOP),
    **dict.fromkeys(("NonMaxSuppression", "TopK", "NonZero", "Unique", "Compress", "ArgMax", "ArgMin"), _DECISION),
    **dict.fromkeys(
        ("RoiAlign", "MaxRoiPool"),
        (
            "{op} samples regions that are given while the network runs, for which no target has a kernel",
            "export what comes before it and what comes behind it as models of their own",
        ),
    ),
    "DeformConv": (
        "DeformConv samples at positions that the network computes, for which no target has a kernel",
        "use a variant of the network that was trained with plain convolutions",
    ),
    **dict.fromkeys(
        ("LSTM", "GRU", "RNN"),
        ("{op} keeps a state from picture to picture, which a compiled network does not have", "export without it"),
    ),
}
"""By operator, why it is not supported and what can be done."""


def unsupported(proto: onnx.NodeProto, where: str | None = None) -> GraphError:
    """Why a node's operator is not supported."""
    op = proto.op_type
    if op.startswith(_OF_QUANTIZED):
        return GraphError(_QUANTIZED[0], where=where, fix=_QUANTIZED[1])
    if proto.domain not in _STANDARD:
        known = proto.domain != UNKNOWN
        domain = f"it is of the domain {proto.domain}" if known else "ONNX does not define it"
        fix = "put standard operators in its place, or export a model that ends before it"
        if proto.domain.startswith("com.microsoft"):
            fix = "take the model from before ONNX Runtime optimized it for a processor"
        return GraphError(f"the operator {op} is not supported: {domain}", where=where, fix=fix)
    if op in _REASONS:
        reason, remedy = _REASONS[op]
        return GraphError(reason.format(op=op), where=where, fix=remedy)
    return GraphError(f"ONNX operator {op} is not supported", where=where, fix=_ADD)


class Refusals:
    """The nodes of a model that cannot be read, and what is known of their results.

    Args:
        model: a model whose shapes are inferred.
        where: its name in errors.
    """

    def __init__(self, model: onnx.ModelProto, where: str) -> None:
        self._where = where
        self._found: list[Refusal] = []
        self._lost: set[str] = set()
        self._known = {v.name: t for v in (*model.graph.value_info, *model.graph.output) if (t := _static(v.type))}

    def input(self, proto: onnx.ValueInfoProto) -> Value | None:
        """An input of the graph; None if its type is not supported."""
        import onnx

        kind = proto.type.tensor_type.elem_type
        shape = tuple(dim.dim_value for dim in proto.type.tensor_type.shape.dim)
        if kind == _FLOAT:
            return Value(proto.name, TensorType(shape))
        said = onnx.TensorProto.DataType.Name(kind).lower()
        reason = f"input {proto.name!r} is {said}, only float32 is supported"
        self._found.append(Refusal(proto.name, "input", reason, _FLOAT_INPUT))
        self._lost.add(proto.name)
        return None

    def can_be_read(self, proto: onnx.NodeProto, arguments: tuple[str, ...], constants: Container[str]) -> bool:
        """Whether a node's inputs are known, and its operator is supported, which is refused otherwise.

        Args:
            proto: a node.
            arguments: what it reads, by the names that produce it.
            constants: the values that are constant.
        """
        if proto.domain not in _STANDARD or proto.op_type not in ops_by_onnx_type():
            self._refuse(proto, unsupported(proto))
            return False
        if proto.op_type in _CONVOLUTIONS and any(name and name not in constants for name in arguments[1:3]):
            reason = f"{proto.op_type} needs a constant weight and bias, and one is computed from the image"
            fix = "use a variant of the network with weights of its own; no target's kernel takes computed ones"
            self._refuse(proto, GraphError(reason, fix=fix))
            return False
        return self._lost.isdisjoint(arguments)

    def add(self, proto: onnx.NodeProto, error: GraphError) -> dict[str, TensorType]:
        """Refuse a node; its outputs, where ONNX's shape inference knows them."""
        self._refuse(proto, error)
        return self.made(proto)

    def made(self, proto: onnx.NodeProto) -> dict[str, TensorType]:
        """The outputs of a node that is not read, where they are known; what reads the others is passed over."""
        found = {name: self._known[name] for name in proto.output if name in self._known}
        self._lost.update(name for name in proto.output if name not in found)
        return found

    def raise_all(self) -> None:
        """Refuse the model if anything in it was refused.

        Raises:
            OperatorError: with all refusals.
        """
        if self._found:
            raise OperatorError(self._found, where=self._where)

    def _refuse(self, proto: onnx.NodeProto, error: GraphError) -> None:
        name = proto.name or next(iter(proto.output), "")
        self._found.append(Refusal(name, proto.op_type, error.what, error.fix))


def _static(kind: onnx.TypeProto) -> TensorType | None:
    """A float32 tensor's type, None where it is another or its sizes are not known."""
    tensor = kind.tensor_type
    dims = [dim.dim_value for dim in tensor.shape.dim]
    known = tensor.elem_type == _FLOAT and tensor.HasField("shape") and min(dims, default=1) > 0
    return TensorType(tuple(dims)) if known else None
