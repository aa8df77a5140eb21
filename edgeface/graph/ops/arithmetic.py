"""Element-wise arithmetic on two inputs with broadcasting, and concatenation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from edgeface.graph.ops.base import FusedActivation, Op, broadcast, normal_axis, require
from edgeface.graph.types import TensorType


@dataclass(frozen=True)
class Binary(Op):
    """An element-wise op with two inputs and, optionally, a fused activation."""

    activation: FusedActivation = "none"

    def infer(self, inputs: Sequence[TensorType]) -> tuple[TensorType, ...]:
        """The broadcast shape."""
        require(
            len(inputs) == 2, f"{type(self).__name__} of {len(inputs)} inputs is not supported", "combine them in pairs"
        )
        a, b = inputs
        shape = broadcast(inputs)
        require(a.dtype == b.dtype, f"inputs differ in dtype: {a} and {b}")
        return (TensorType(shape, a.dtype),)


@dataclass(frozen=True)
class Add(Binary):
    """A + b."""

    onnx_types: ClassVar[tuple[str, ...]] = ("Add",)


@dataclass(frozen=True)
class Sub(Binary):
    """A − b."""

    onnx_types: ClassVar[tuple[str, ...]] = ("Sub",)


@dataclass(frozen=True)
class Mul(Binary):
    """A · b."""

    onnx_types: ClassVar[tuple[str, ...]] = ("Mul",)


@dataclass(frozen=True)
class Div(Binary):
    """A / b."""

    onnx_types: ClassVar[tuple[str, ...]] = ("Div",)
    float_only: ClassVar[str] = "runtimes have no integer kernel for division"


@dataclass(frozen=True)
class Concat(Op):
    """Inputs joined along one axis."""

    onnx_types: ClassVar[tuple[str, ...]] = ("Concat",)

    axis: int = 1

    def infer(self, inputs: Sequence[TensorType]) -> tuple[TensorType, ...]:
        """Sizes add up along the axis; all other sizes agree."""
        first = inputs[0]
        axis = normal_axis(self.axis, first.rank)
        for other in inputs[1:]:
            rest = [t.shape[:axis] + t.shape[axis + 1 :] for t in (first, other)]
            same = first.rank == other.rank and rest[0] == rest[1] and first.dtype == other.dtype
            require(same, f"cannot concatenate {first} and {other} along axis {axis}")
        total = sum(t.shape[axis] for t in inputs)
        return (first.with_shape((*first.shape[:axis], total, *first.shape[axis + 1 :])),)
