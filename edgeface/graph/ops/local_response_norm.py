"""Local response normalization, of networks from before batch normalization."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from edgeface.graph.ops.activations import Unary
from edgeface.graph.ops.base import LayoutRule, require
from edgeface.graph.types import TensorType


@dataclass(frozen=True)
class LocalResponseNorm(Unary):
    """X / (bias + alpha/size · Σx²)^beta over the `size` channels around each one of [N,C,H,W]."""

    onnx_types: ClassVar[tuple[str, ...]] = ("LRN",)
    layout: ClassVar[LayoutRule] = "image"
    float_only: ClassVar[str] = "its power of a sum of squares has no integer kernel"

    size: int = 1
    alpha: float = 1e-4
    beta: float = 0.75
    bias: float = 1.0

    def infer(self, inputs: Sequence[TensorType]) -> tuple[TensorType, ...]:
        """The input's type, of an image."""
        fits = inputs[0].rank == 4 and self.size > 0 and self.size % 2 == 1
        require(fits, f"LRN over {self.size} channels of {inputs[0]} is not supported: no runtime has even windows")
        return (inputs[0],)
