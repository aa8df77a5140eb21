"""Comparisons, which give truth values, and the choice by them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from edgeface.graph.ops.base import Op, broadcast, require
from edgeface.graph.types import TensorType

NO_NUMBERS = "truth values have no scale"


@dataclass(frozen=True)
class Comparison(Op):
    """Two values compared element by element, with broadcasting; the result is bool."""

    float_only: ClassVar[str] = NO_NUMBERS

    def infer(self, inputs: Sequence[TensorType]) -> tuple[TensorType, ...]:
        """Bool of the broadcast shape."""
        require(inputs[0].dtype == inputs[1].dtype, f"inputs differ in dtype: {inputs[0]} and {inputs[1]}")
        return (TensorType(broadcast(inputs), "bool"),)


@dataclass(frozen=True)
class Greater(Comparison):
    """A > b."""

    onnx_types: ClassVar[tuple[str, ...]] = ("Greater",)


@dataclass(frozen=True)
class GreaterOrEqual(Comparison):
    """A ≥ b."""

    onnx_types: ClassVar[tuple[str, ...]] = ("GreaterOrEqual",)


@dataclass(frozen=True)
class Less(Comparison):
    """A < b."""

    onnx_types: ClassVar[tuple[str, ...]] = ("Less",)


@dataclass(frozen=True)
class LessOrEqual(Comparison):
    """A ≤ b."""

    onnx_types: ClassVar[tuple[str, ...]] = ("LessOrEqual",)


@dataclass(frozen=True)
class Equal(Comparison):
    """A = b."""

    onnx_types: ClassVar[tuple[str, ...]] = ("Equal",)


@dataclass(frozen=True)
class And(Comparison):
    """Whether both are true."""

    onnx_types: ClassVar[tuple[str, ...]] = ("And",)


@dataclass(frozen=True)
class Or(Comparison):
    """Whether one of both is true."""

    onnx_types: ClassVar[tuple[str, ...]] = ("Or",)


@dataclass(frozen=True)
class Not(Op):
    """Whether a truth value is false."""

    onnx_types: ClassVar[tuple[str, ...]] = ("Not",)
    float_only: ClassVar[str] = NO_NUMBERS

    def infer(self, inputs: Sequence[TensorType]) -> tuple[TensorType, ...]:
        """Same type."""
        require(inputs[0].dtype == "bool", f"Not needs truth values, got {inputs[0]}")
        return (inputs[0],)


@dataclass(frozen=True)
class Where(Op):
    """Inputs condition, a, b: a where the condition is true, else b; with broadcasting."""

    onnx_types: ClassVar[tuple[str, ...]] = ("Where",)
    float_only: ClassVar[str] = "an integer kernel would need one scale for both choices"

    def infer(self, inputs: Sequence[TensorType]) -> tuple[TensorType, ...]:
        """The broadcast shape in the dtype of the choices."""
        condition, a, b = inputs
        require(condition.dtype == "bool", f"Where needs a condition of truth values, got {condition}")
        require(a.dtype == b.dtype, f"choices differ in dtype: {a} and {b}")
        return (TensorType(broadcast(inputs), a.dtype),)
