"""Element-wise ops on any number of inputs with broadcasting: the largest, the smallest, the sum and the mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from edgeface.graph.ops.base import Op, broadcast, require
from edgeface.graph.types import TensorType


@dataclass(frozen=True)
class Several(Op):
    """An element-wise op on one or more inputs, of which targets see two at most (`passes.pair_operands`)."""

    def infer(self, inputs: Sequence[TensorType]) -> tuple[TensorType, ...]:
        """The broadcast shape."""
        same = len({each.dtype for each in inputs}) == 1
        require(same, f"inputs differ in dtype: {' and '.join(map(str, inputs))}")
        return (TensorType(broadcast(inputs), inputs[0].dtype),)


@dataclass(frozen=True)
class Max(Several):
    """The largest of all."""

    onnx_types: ClassVar[tuple[str, ...]] = ("Max",)
    float_only: ClassVar[str] = "integer kernels would need one scale for all that they compare"


@dataclass(frozen=True)
class Min(Several):
    """The smallest of all."""

    onnx_types: ClassVar[tuple[str, ...]] = ("Min",)
    float_only: ClassVar[str] = Max.float_only


@dataclass(frozen=True)
class Sum(Several):
    """The sum of all."""

    onnx_types: ClassVar[tuple[str, ...]] = ("Sum",)


@dataclass(frozen=True)
class Mean(Several):
    """The mean of all."""

    onnx_types: ClassVar[tuple[str, ...]] = ("Mean",)
