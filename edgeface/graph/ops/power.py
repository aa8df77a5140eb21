"""Powers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from edgeface.graph.ops.base import Op, broadcast
from edgeface.graph.types import TensorType


@dataclass(frozen=True)
class Pow(Op):
    """Inputs x and exponent, which may be an integer: x to the power of the exponent, with broadcasting."""

    onnx_types: ClassVar[tuple[str, ...]] = ("Pow",)
    float_only: ClassVar[str] = "runtimes have no integer kernel for powers"

    def infer(self, inputs: Sequence[TensorType]) -> tuple[TensorType, ...]:
        """The broadcast shape in x's dtype."""
        return (TensorType(broadcast(inputs), inputs[0].dtype),)
