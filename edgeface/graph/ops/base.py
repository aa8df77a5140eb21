"""Base of all ops: a frozen value with its attributes as fields, type inference and a MAC count."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

import numpy as np

from edgeface.errors import GraphError
from edgeface.graph.ops.rows import Rows
from edgeface.graph.types import Array, TensorType

LayoutRule = Literal["image", "same", "last", "permute", "reshape", "plain", "matrices"]
"""How an op treats the memory order of its tensors.

image: rank-4 data in the target's image layout; same: any order, the same for all; last: as same, with the op's `axis`
last; permute: it only changes the logical order; reshape: an order that survives it, else the logical one; plain: the
logical order itself; matrices: as plain, but an operand's last two axes may be swapped.
"""

FusedActivation = Literal["none", "relu", "relu6"]


@dataclass(frozen=True)
class OnnxForm:
    """An op as ONNX writes it: type, attributes, and the constants that follow the data inputs.

    `reads` are the data inputs: indices of the op's own inputs, or −1 for the result of the step before, −2 for that of
    the one before it; by default all inputs of the op.
    """

    op_type: str
    attributes: Mapping[str, Any] = field(default_factory=dict)
    constants: tuple[Array, ...] = ()
    reads: tuple[int, ...] | None = None


@dataclass(frozen=True)
class OnnxNode:
    """An ONNX node with its constant inputs: `constants[i]` is input i where that input is constant.

    `outputs` is how many outputs the node has.
    """

    op_type: str
    attributes: Mapping[str, Any]
    inputs: tuple[str, ...]
    constants: tuple[Array | None, ...]
    input_shapes: tuple[tuple[int, ...], ...]
    opset: int = 18
    outputs: int = 1

    def constant(self, index: int, what: str) -> Array:
        """The constant input `index`.

        Raises:
            GraphError: it is computed or absent.
        """
        data = self.constants[index] if index < len(self.constants) else None
        if data is None:
            raise GraphError(
                f"{self.op_type} needs a constant {what}",
                fix="export the model with static shapes, so that constant folding can compute it",
            )
        return data

    def numbers(self, index: int, name: str) -> list[int]:
        """Integers from a constant input, or in older opsets from an attribute.

        Raises:
            GraphError: they are computed or absent.
        """
        if name in self.attributes:
            return list(self.attributes[name])
        return self.integers(index, name)

    def integers(self, index: int, what: str) -> list[int]:
        """A constant input that is a list of whole numbers, such as axes or a shape.

        Raises:
            GraphError: it is computed or absent, or no such list.
        """
        data = self.constant(index, what)
        if data.ndim > 1 or data.dtype.kind not in "iu":
            raise GraphError(
                f"the {what} of {self.op_type} is not a list of whole numbers, but {data.dtype} {data.shape}"
            )
        found: list[int] = data.reshape(-1).tolist()
        return found

    def given(self, index: int) -> bool:
        """Whether an optional input is present."""
        return index < len(self.inputs) and self.inputs[index] != ""


@dataclass(frozen=True)
class Op:
    """Base of all ops. A field of an op is what ONNX stores as an attribute or as a constant input.

    `float_only` says why integer targets compute the op in float; empty where they compute it in integers. `spelled`
    ops are written to ONNX as their expansion: the opset, or a runtime, lacks them.
    """

    onnx_types: ClassVar[tuple[str, ...]] = ()
    layout: ClassVar[LayoutRule] = "same"
    float_only: ClassVar[str] = ""
    spelled: ClassVar[bool] = False

    def infer(self, inputs: Sequence[TensorType]) -> tuple[TensorType, ...]:
        """Output types for these input types.

        Raises:
            GraphError: the inputs do not fit the op.
        """
        raise NotImplementedError(type(self).__name__)

    def macs(self, inputs: Sequence[TensorType], outputs: Sequence[TensorType]) -> int:  # noqa: ARG002
        """Multiply–accumulates of one application."""
        return 0

    @classmethod
    def from_onnx(cls, node: OnnxNode) -> tuple[Op, tuple[str, ...]]:
        """The op, maybe of another class, and its data inputs. By default attributes are fields of the same name."""
        names = {f.name for f in dataclasses.fields(cls)}
        return cls(**{k: _plain(v) for k, v in node.attributes.items() if k in names}), node.inputs

    def to_onnx(self, inputs: Sequence[TensorType]) -> OnnxForm:  # noqa: ARG002
        """The op in ONNX, for such inputs. By default fields are attributes of the same name."""
        fields = {f.name: getattr(self, f.name) for f in dataclasses.fields(self) if f.name != "activation"}
        return OnnxForm(self.onnx_types[0], fields)

    def onnx_steps(self, inputs: Sequence[TensorType]) -> tuple[OnnxForm, ...]:
        """The op in ONNX as one node after another, of which the last gives the result; by default one."""
        return (self.to_onnx(inputs),)

    @property
    def why_float(self) -> str:
        """Why integer targets compute it in float, where that depends on its attributes."""
        return self.float_only

    def expand(self, rows: Rows) -> None:
        """Note simpler ops that compute the same; nothing where the op is elementary."""

    @property
    def fused(self) -> FusedActivation:
        """The activation that the op applies to its result."""
        found: FusedActivation = getattr(self, "activation", "none")
        return found


def _plain(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def require(condition: bool, what: str, fix: str | None = None) -> None:
    """Raise GraphError unless the condition holds; the graph adds the node's name."""
    if not condition:
        raise GraphError(what, fix=fix)


def broadcast(inputs: Sequence[TensorType]) -> tuple[int, ...]:
    """The shape to which inputs broadcast.

    Raises:
        GraphError: they do not.
    """
    try:
        return tuple(np.broadcast_shapes(*(each.shape for each in inputs)))
    except ValueError as error:
        raise GraphError(f"shapes {' and '.join(map(str, inputs))} do not broadcast") from error


def normal_axis(axis: int, rank: int) -> int:
    """An axis counted from the front.

    Raises:
        GraphError: the axis lies outside the rank.
    """
    require(-rank <= axis < rank, f"axis {axis} is outside rank {rank}")
    return axis % rank
