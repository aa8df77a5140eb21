"""Reductions of axes to one number: mean, extremes, sums and norms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from typing_extensions import Self

from edgeface.graph.ops.arithmetic import Add, Mul, Sub
from edgeface.graph.ops.base import OnnxForm, OnnxNode, Op, normal_axis, require
from edgeface.graph.ops.functions import Abs, Exp, Log, Sqrt
from edgeface.graph.ops.rows import Rows
from edgeface.graph.ops.shape import Reshape
from edgeface.graph.types import TensorType


@dataclass(frozen=True)
class Reduce(Op):
    """Some axes (from the front, ascending) reduced to size 1, or left out without `keepdims`.

    After the passes every reduction keeps its axes (`passes.keep_reduced_axes`).
    """

    axes: tuple[int, ...] = ()
    keepdims: bool = True

    def infer(self, inputs: Sequence[TensorType]) -> tuple[TensorType, ...]:
        """The shape with the axes of size 1, or without them."""
        x = inputs[0]
        require(not self.axes or max(self.axes) < x.rank, f"cannot reduce the axes {self.axes} of {x}")
        shape = tuple(1 if i in self.axes else n for i, n in enumerate(x.shape))
        return (
            x.with_shape(shape if self.keepdims else tuple(x.shape[i] for i in range(x.rank) if i not in self.axes)),
        )

    @classmethod
    def from_onnx(cls, node: OnnxNode) -> tuple[Self, tuple[str, ...]]:
        """Axes are an input in newer opsets, an attribute in older ones; none are all, or with a flag really none."""
        rank = len(node.input_shapes[0])
        if node.op_type.startswith("Global"):
            return cls(tuple(range(2, rank))), node.inputs[:1]
        given = node.integers(1, "axes") if node.given(1) else node.attributes.get("axes") or []
        if not given and not node.attributes.get("noop_with_empty_axes", 0):
            given = range(rank)
        plain = cls.expand is Op.expand
        require(plain or len(given) > 0, f"{node.op_type} of no axes is not supported", "write what it computes")
        axes = sorted({normal_axis(int(axis), rank) for axis in given})
        return cls(tuple(axes), bool(node.attributes.get("keepdims", 1))), node.inputs[:1]

    def to_onnx(self, inputs: Sequence[TensorType]) -> OnnxForm:  # noqa: ARG002
        """With axes as an input."""
        attributes = {"keepdims": int(self.keepdims), **({} if self.axes else {"noop_with_empty_axes": 1})}
        return OnnxForm(self.onnx_types[0], attributes, (np.array(self.axes, np.int64),))

    def _leave_out(self, rows: Rows, kept: int) -> int:
        """Note what leaves out the axes that a reduction kept."""
        return kept if self.keepdims else rows.add(Reshape(self.infer(rows.inputs)[0].shape), kept)


@dataclass(frozen=True)
class ReduceMean(Reduce):
    """The mean."""

    onnx_types: ClassVar[tuple[str, ...]] = ("ReduceMean",)


@dataclass(frozen=True)
class ReduceSum(Reduce):
    """The sum."""

    onnx_types: ClassVar[tuple[str, ...]] = ("ReduceSum",)


@dataclass(frozen=True)
class ReduceMax(Reduce):
    """The largest."""

    onnx_types: ClassVar[tuple[str, ...]] = ("ReduceMax", "GlobalMaxPool")


@dataclass(frozen=True)
class ReduceMin(Reduce):
    """The smallest."""

    onnx_types: ClassVar[tuple[str, ...]] = ("ReduceMin",)


@dataclass(frozen=True)
class ReduceProd(Reduce):
    """The product."""

    onnx_types: ClassVar[tuple[str, ...]] = ("ReduceProd",)
    float_only: ClassVar[str] = "runtimes have no integer kernel for the product of many numbers"


@dataclass(frozen=True)
class ReduceL1(Reduce):
    """The sum of magnitudes."""

    onnx_types: ClassVar[tuple[str, ...]] = ("ReduceL1",)
    float_only: ClassVar[str] = "its sums have too wide a range for 8 bits"

    def expand(self, rows: Rows) -> None:
        """As it is defined."""
        self._leave_out(rows, rows.add(ReduceSum(self.axes), rows.add(Abs(), 0)))


@dataclass(frozen=True)
class ReduceSumSquare(Reduce):
    """The sum of squares."""

    onnx_types: ClassVar[tuple[str, ...]] = ("ReduceSumSquare",)
    float_only: ClassVar[str] = "squares have too wide a range for 8 bits"

    def expand(self, rows: Rows) -> None:
        """As it is defined."""
        self._leave_out(rows, rows.add(ReduceSum(self.axes), rows.add(Mul(), 0, 0)))


@dataclass(frozen=True)
class ReduceL2(Reduce):
    """The root of the sum of squares."""

    onnx_types: ClassVar[tuple[str, ...]] = ("ReduceL2",)
    float_only: ClassVar[str] = ReduceSumSquare.float_only

    def expand(self, rows: Rows) -> None:
        """As it is defined."""
        self._leave_out(rows, rows.add(Sqrt(), rows.add(ReduceSum(self.axes), rows.add(Mul(), 0, 0))))


@dataclass(frozen=True)
class ReduceLogSum(Reduce):
    """The logarithm of the sum."""

    onnx_types: ClassVar[tuple[str, ...]] = ("ReduceLogSum",)
    float_only: ClassVar[str] = ReduceL1.float_only

    def expand(self, rows: Rows) -> None:
        """As it is defined."""
        rows.add(Log(), self._leave_out(rows, rows.add(ReduceSum(self.axes), 0)))


@dataclass(frozen=True)
class ReduceLogSumExp(Reduce):
    """The logarithm of the sum of exponentials."""

    onnx_types: ClassVar[tuple[str, ...]] = ("ReduceLogSumExp",)
    float_only: ClassVar[str] = ReduceL1.float_only

    def expand(self, rows: Rows) -> None:
        """From the largest one on, so that nothing overflows."""
        largest = rows.add(ReduceMax(self.axes), 0)
        total = rows.add(ReduceSum(self.axes), rows.add(Exp(), rows.add(Sub(), 0, largest)))
        self._leave_out(rows, rows.add(Add(), rows.add(Log(), total), largest))
