"""Matrix products whose operands may both be computed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from edgeface.graph.ops.base import LayoutRule, OnnxForm, Op, require
from edgeface.graph.types import TensorType


@dataclass(frozen=True)
class MatMul(Op):
    """Products of matrices along the last two axes: […,M,K] × […,K,N] = […,M,N]; the other axes broadcast."""

    onnx_types: ClassVar[tuple[str, ...]] = ("MatMul",)
    layout: ClassVar[LayoutRule] = "matrices"

    def infer(self, inputs: Sequence[TensorType]) -> tuple[TensorType, ...]:
        """[…,M,N]."""
        a, b = inputs
        require(a.rank >= 2 and b.rank >= 2, f"MatMul of a vector is not supported: {a} and {b}")
        require(a.shape[-1] == b.shape[-2], f"matrices {a} and {b} do not fit")
        require(a.dtype == b.dtype, f"inputs differ in dtype: {a} and {b}")
        try:
            batch = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
        except ValueError:
            require(False, f"matrices {a} and {b} do not broadcast")
        return (TensorType((*batch, a.shape[-2], b.shape[-1]), a.dtype),)

    def macs(self, inputs: Sequence[TensorType], outputs: Sequence[TensorType]) -> int:
        """Results × length of a row."""
        return outputs[0].count * inputs[0].shape[-1]


@dataclass(frozen=True)
class GeneralGemm(Op):
    """alpha·A·B + beta·C of matrices, each of A and B transposed or not; `expand_gemm` replaces it."""

    layout: ClassVar[LayoutRule] = "plain"

    alpha: float = 1.0
    beta: float = 1.0
    transA: int = 0  # noqa: N815  # as ONNX calls the attribute
    transB: int = 0  # noqa: N815

    def infer(self, inputs: Sequence[TensorType]) -> tuple[TensorType, ...]:
        """[M,N]."""
        a, b = inputs[0], inputs[1]
        require(a.rank == 2 and b.rank == 2, f"Gemm of {a} and {b} is not supported: they are no matrices")
        m, k = a.shape[::-1] if self.transA else a.shape
        depth, n = b.shape[::-1] if self.transB else b.shape
        require(k == depth, f"matrices {a} and {b} do not fit")
        try:
            fits = len(inputs) < 3 or np.broadcast_shapes((m, n), inputs[2].shape) == (m, n)
        except ValueError:
            fits = False
        require(fits, f"Gemm addend {inputs[-1]} does not broadcast to [{m},{n}]")
        return (TensorType((m, n), a.dtype),)

    def macs(self, inputs: Sequence[TensorType], outputs: Sequence[TensorType]) -> int:
        """Results × length of a row."""
        return outputs[0].count * inputs[0].shape[0 if self.transA else 1]

    def to_onnx(self, inputs: Sequence[TensorType]) -> OnnxForm:  # noqa: ARG002
        """Gemm."""
        factors = {"alpha": self.alpha, "beta": self.beta}
        return OnnxForm("Gemm", {**factors, "transA": self.transA, "transB": self.transB})
