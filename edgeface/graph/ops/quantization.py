"""Conversions between real numbers and quantized integers, and between float types."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from typing_extensions import Self

from edgeface.errors import GraphError
from edgeface.graph.ops.base import OnnxForm, OnnxNode, Op, normal_axis, require
from edgeface.graph.types import DType, TensorType


@dataclass(frozen=True)
class _Linear(Op):
    """Inputs x, scale and zero point: per tensor, or one per index along `axis`."""

    axis: int = 1

    def _check(self, x: TensorType, scale: TensorType, zero_point: TensorType) -> None:
        require(scale.shape == zero_point.shape, f"scale {scale} and zero point {zero_point} differ in shape")
        if scale.rank == 0:
            return
        size = x.shape[normal_axis(self.axis, x.rank)]
        require(scale.shape == (size,), f"scale {scale} does not fit axis {self.axis} of {x}")

    @classmethod
    def from_onnx(cls, node: OnnxNode) -> tuple[Self, tuple[str, ...]]:  # noqa: ARG003
        """Always raises GraphError: edgeface quantizes float models only."""
        raise GraphError("the network is already quantized", fix="export the float network")


@dataclass(frozen=True)
class QuantizeLinear(_Linear):
    """round(x / scale) + zero_point, halves to even, saturated to the zero point's type."""

    onnx_types: ClassVar[tuple[str, ...]] = ("QuantizeLinear",)

    def infer(self, inputs: Sequence[TensorType]) -> tuple[TensorType, ...]:
        """X's shape in the zero point's type."""
        x, scale, zero_point = inputs
        self._check(x, scale, zero_point)
        require(x.dtype == scale.dtype, f"input {x} and scale {scale} differ in dtype")
        return (TensorType(x.shape, zero_point.dtype),)


@dataclass(frozen=True)
class DequantizeLinear(_Linear):
    """(x − zero_point) · scale."""

    onnx_types: ClassVar[tuple[str, ...]] = ("DequantizeLinear",)

    def infer(self, inputs: Sequence[TensorType]) -> tuple[TensorType, ...]:
        """X's shape in the scale's type."""
        x, scale, zero_point = inputs
        self._check(x, scale, zero_point)
        require(x.dtype == zero_point.dtype, f"input {x} and zero point {zero_point} differ in dtype")
        return (TensorType(x.shape, scale.dtype),)


@dataclass(frozen=True)
class Cast(Op):
    """Conversion to another type."""

    onnx_types: ClassVar[tuple[str, ...]] = ("Cast",)

    to: DType = "float32"

    def infer(self, inputs: Sequence[TensorType]) -> tuple[TensorType, ...]:
        """X's shape in the new type."""
        return (TensorType(inputs[0].shape, self.to),)

    @classmethod
    def from_onnx(cls, node: OnnxNode) -> tuple[Self, tuple[str, ...]]:
        """The op, for the types that the graph supports."""
        from onnx import helper

        name = np.dtype(helper.tensor_dtype_to_np_dtype(int(node.attributes["to"]))).name
        if name == "float64":
            fix = "export the network in float32"
            raise GraphError("the network computes in float64, for which targets have no kernels", fix=fix)
        require(name in {"float32", "float16"}, f"Cast to {name} is not supported")
        return cls("float32" if name == "float32" else "float16"), node.inputs

    def to_onnx(self, inputs: Sequence[TensorType]) -> OnnxForm:  # noqa: ARG002
        """Cast with ONNX's enum value of the type."""
        from onnx import helper

        return OnnxForm("Cast", {"to": int(helper.np_dtype_to_tensor_dtype(np.dtype(self.to)))})
