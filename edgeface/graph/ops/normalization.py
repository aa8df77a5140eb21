"""Normalization of values by their own mean and variance; scale and bias are a Mul and an Add behind it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from edgeface.graph.ops.activations import Unary
from edgeface.graph.ops.arithmetic import Add, Div, Mul, Sub
from edgeface.graph.ops.base import OnnxForm, OnnxNode, Op, normal_axis, require
from edgeface.graph.ops.functions import Sqrt
from edgeface.graph.ops.reduction import ReduceMean
from edgeface.graph.ops.rows import Rows
from edgeface.graph.ops.shape import Reshape
from edgeface.graph.ops.spelling import Step, chain
from edgeface.graph.types import Array, TensorType

FLOAT_ONLY = "variances have too wide a range for 8 bits"


@dataclass(frozen=True)
class LayerNorm(Unary):
    """(x − mean)/√(variance + epsilon), both over `axes` (from the front, ascending).

    This is layer normalization, also along the channels of an image, and instance normalization.
    """

    onnx_types: ClassVar[tuple[str, ...]] = ("LayerNormalization", "InstanceNormalization")
    float_only: ClassVar[str] = FLOAT_ONLY

    axes: tuple[int, ...] = (-1,)
    epsilon: float = 1e-5

    def infer(self, inputs: Sequence[TensorType]) -> tuple[TensorType, ...]:
        """Same type."""
        fits = bool(self.axes) and min(self.axes) >= 0 and max(self.axes) < inputs[0].rank
        require(fits, f"cannot normalize the axes {self.axes} of {inputs[0]}")
        return (inputs[0],)

    @classmethod
    def from_onnx(cls, node: OnnxNode) -> tuple[Op, tuple[str, ...]]:
        """The op, and what scales and shifts its result: by element of the axes, or by channel."""
        shape, epsilon = node.input_shapes[0], float(node.attributes.get("epsilon", 1e-5))
        if node.op_type == "InstanceNormalization":
            return _affine(cls(tuple(range(2, len(shape))), epsilon), node, _by_channel(shape)), node.inputs[:1]
        axis = normal_axis(int(node.attributes.get("axis", -1)), len(shape))
        return _affine(cls(tuple(range(axis, len(shape))), epsilon), node, shape[axis:]), node.inputs[:1]

    def onnx_steps(self, inputs: Sequence[TensorType]) -> tuple[OnnxForm, ...]:
        """InstanceNormalization of images, else LayerNormalization with the axes moved last."""
        x = inputs[0]
        if x.rank == 4 and self.axes == (2, 3):
            numbers = np.ones(x.shape[1], x.dtype), np.zeros(x.shape[1], x.dtype)
            return (OnnxForm("InstanceNormalization", {"epsilon": self.epsilon}, numbers),)
        perm = (*(axis for axis in range(x.rank) if axis not in self.axes), *self.axes)
        ones = np.ones([x.shape[axis] for axis in self.axes], x.dtype)
        attributes = {"axis": x.rank - len(self.axes), "epsilon": self.epsilon}
        if perm == tuple(range(x.rank)):
            return (OnnxForm("LayerNormalization", attributes, (ones,)),)
        there, back = ({"perm": list(order)} for order in (perm, np.argsort(perm).tolist()))
        middle = OnnxForm("LayerNormalization", attributes, (ones,), (-1,))
        return OnnxForm("Transpose", there), middle, OnnxForm("Transpose", back, (), (-1,))

    def expand(self, rows: Rows) -> None:
        """As it is defined."""
        centered = rows.add(Sub(), 0, rows.add(ReduceMean(self.axes), 0))
        variance = rows.add(ReduceMean(self.axes), rows.add(Mul(), centered, centered))
        rows.add(Div(), centered, rows.add(Sqrt(), rows.add(Add(), variance, self.epsilon)))


@dataclass(frozen=True)
class RmsNorm(Unary):
    """x/√(mean of x² + epsilon) over `axes` (from the front, ascending)."""

    onnx_types: ClassVar[tuple[str, ...]] = ("RMSNormalization",)
    float_only: ClassVar[str] = FLOAT_ONLY
    spelled: ClassVar[bool] = True  # the opset that is written has no RMSNormalization

    axes: tuple[int, ...] = (-1,)
    epsilon: float = 1e-5

    @classmethod
    def from_onnx(cls, node: OnnxNode) -> tuple[Op, tuple[str, ...]]:
        """The op, and what scales its result."""
        shape = node.input_shapes[0]
        axis = normal_axis(int(node.attributes.get("axis", -1)), len(shape))
        op = cls(tuple(range(axis, len(shape))), float(node.attributes.get("epsilon", 1e-5)))
        return _affine(op, node, shape[axis:]), node.inputs[:1]

    def expand(self, rows: Rows) -> None:
        """As it is defined."""
        square = rows.add(ReduceMean(self.axes), rows.add(Mul(), 0, 0))
        rows.add(Div(), 0, rows.add(Sqrt(), rows.add(Add(), square, self.epsilon)))


@dataclass(frozen=True)
class GroupNorm(Unary):
    """(x − mean)/√(variance + epsilon) of x [N,C,…], both over all that a group of neighbouring channels holds."""

    onnx_types: ClassVar[tuple[str, ...]] = ("GroupNormalization",)
    float_only: ClassVar[str] = FLOAT_ONLY

    groups: int = 1
    epsilon: float = 1e-5

    def infer(self, inputs: Sequence[TensorType]) -> tuple[TensorType, ...]:
        """Same type."""
        x = inputs[0]
        fits = x.rank >= 3 and x.shape[1] % self.groups == 0
        require(fits, f"cannot normalize {x} in {self.groups} groups of channels")
        return (x,)

    @classmethod
    def from_onnx(cls, node: OnnxNode) -> tuple[Op, tuple[str, ...]]:
        """The op of opset 21, and what scales and shifts its channels."""
        shape = node.input_shapes[0]
        op = cls(int(node.attributes["num_groups"]), float(node.attributes.get("epsilon", 1e-5)))
        return _affine(op, node, _by_channel(shape)), node.inputs[:1]

    def onnx_steps(self, inputs: Sequence[TensorType]) -> tuple[OnnxForm, ...]:
        """InstanceNormalization of the groups: the opset that is written scales groups, and not channels."""
        x = inputs[0]
        numbers = np.ones(self.groups, x.dtype), np.zeros(self.groups, x.dtype)
        there = OnnxForm("Reshape", {}, (np.array((0, self.groups, -1), np.int64),))
        back = OnnxForm("Reshape", {}, (np.array((-1, *x.shape[1:]), np.int64),), (-1,))
        return there, OnnxForm("InstanceNormalization", {"epsilon": self.epsilon}, numbers, (-1,)), back

    def expand(self, rows: Rows) -> None:
        """By means of each channel, which keep an image channels last, and then of each group."""
        centered = rows.add(Sub(), 0, self._mean(rows, 0))
        variance = self._mean(rows, rows.add(Mul(), centered, centered))
        rows.add(Div(), centered, rows.add(Sqrt(), rows.add(Add(), variance, self.epsilon)))

    def _mean(self, rows: Rows, of: int) -> int:
        """The mean of each channel's group: [N,C,1,…]."""
        n, channels, *rest = rows.inputs[0].shape
        each = channels // self.groups
        mean = rows.add(ReduceMean(tuple(range(2, 2 + len(rest)))), of)
        if each == 1:
            return mean
        grouped = rows.add(ReduceMean((2,)), rows.add(Reshape((n, self.groups, each)), mean))
        repeated = rows.add(Mul(), grouped, np.ones((1, 1, each)))
        return rows.add(Reshape((n, channels, *(1 for _ in rest))), repeated)


def _by_channel(shape: Sequence[int]) -> tuple[int, ...]:
    return (shape[1], *(1 for _ in shape[2:]))


def _affine(op: Op, node: OnnxNode, shape: Sequence[int]) -> Op:
    """The normalization, then a product and a sum with the node's scale and bias, where they change anything."""
    steps: list[Op | Step] = [op]
    for index, change, neutral in ((1, Mul(), 1.0), (2, Add(), 0.0)):
        if not node.given(index):
            continue
        numbers = _shaped(node.constant(index, "scale and bias"), shape, node.op_type)
        if (numbers != neutral).any():
            steps.append(Step(change, (numbers,)))
    return chain(*steps) if len(steps) > 1 else op


def _shaped(numbers: Array, shape: Sequence[int], kind: str) -> Array:
    fits = numbers.size == math.prod(shape)
    require(fits, f"{kind} with a scale or bias of shape {list(numbers.shape)} is not supported, only {list(shape)}")
    return np.ascontiguousarray(numbers.reshape(shape))
