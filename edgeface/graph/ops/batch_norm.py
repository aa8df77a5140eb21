"""Batch normalization at inference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from edgeface.graph.ops.base import OnnxNode, Op, require
from edgeface.graph.types import TensorType


@dataclass(frozen=True)
class BatchNorm(Op):
    """Inputs x [N,C,…], gamma, beta, mean, variance [C]: gamma·(x − mean)/√(variance + epsilon) + beta."""

    onnx_types: ClassVar[tuple[str, ...]] = ("BatchNormalization",)

    epsilon: float = 1e-5

    def infer(self, inputs: Sequence[TensorType]) -> tuple[TensorType, ...]:
        """X's type."""
        x = inputs[0]
        fits = x.rank >= 2 and all(p.shape == (x.shape[1],) for p in inputs[1:]) and len(inputs) == 5
        require(fits, f"BatchNormalization parameters do not fit the channels of {x}")
        return (x,)

    @classmethod
    def from_onnx(cls, node: OnnxNode) -> tuple[Op, tuple[str, ...]]:
        """Inference only, with constant parameters."""
        training = node.attributes.get("training_mode", 0)
        require(not training, "BatchNormalization in training mode is not supported", "export in eval mode")
        for index, what in enumerate(("gamma", "beta", "mean", "variance"), 1):
            node.constant(index, what)
        return super().from_onnx(node)
