"""Element-wise activations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from typing_extensions import Self

from edgeface.graph.ops.base import LayoutRule, OnnxForm, OnnxNode, Op, normal_axis, require
from edgeface.graph.types import TensorType


@dataclass(frozen=True)
class Unary(Op):
    """An element-wise op with one input: the output has the input's type."""

    def infer(self, inputs: Sequence[TensorType]) -> tuple[TensorType, ...]:
        """Same type."""
        return (inputs[0],)


@dataclass(frozen=True)
class Relu(Unary):
    """max(x, 0)."""

    onnx_types: ClassVar[tuple[str, ...]] = ("Relu",)


@dataclass(frozen=True)
class LeakyRelu(Unary):
    """X where x ≥ 0, else alpha·x."""

    onnx_types: ClassVar[tuple[str, ...]] = ("LeakyRelu",)

    alpha: float = 0.01


@dataclass(frozen=True)
class Sigmoid(Unary):
    """1 / (1 + exp(−x))."""

    onnx_types: ClassVar[tuple[str, ...]] = ("Sigmoid",)


@dataclass(frozen=True)
class Tanh(Unary):
    """Hyperbolic tangent."""

    onnx_types: ClassVar[tuple[str, ...]] = ("Tanh",)


@dataclass(frozen=True)
class HardSwish(Unary):
    """X · clip(x/6 + 1/2, 0, 1)."""

    onnx_types: ClassVar[tuple[str, ...]] = ("HardSwish",)


@dataclass(frozen=True)
class Softmax(Unary):
    """Softmax along one axis; or, `flattened`, over all axes from it on together: `expand_softmax` replaces that."""

    onnx_types: ClassVar[tuple[str, ...]] = ("Softmax",)
    layout: ClassVar[LayoutRule] = "last"

    axis: int = -1
    flattened: bool = False

    def infer(self, inputs: Sequence[TensorType]) -> tuple[TensorType, ...]:
        """Same type."""
        normal_axis(self.axis, inputs[0].rank)
        return (inputs[0],)

    @classmethod
    def from_onnx(cls, node: OnnxNode) -> tuple[Self, tuple[str, ...]]:
        """Before opset 13 the default axis was 1, and all axes from it on were flattened into one."""
        axis, shape = int(node.attributes.get("axis", -1 if node.opset >= 13 else 1)), node.input_shapes[0]
        several = any(size != 1 for size in shape[normal_axis(axis, len(shape)) + 1 :])
        return cls(axis, flattened=node.opset < 13 and several), node.inputs

    def to_onnx(self, inputs: Sequence[TensorType]) -> OnnxForm:  # noqa: ARG002
        """The softmax along the axis."""
        return OnnxForm(self.onnx_types[0], {"axis": self.axis})

    def onnx_steps(self, inputs: Sequence[TensorType]) -> tuple[OnnxForm, ...]:
        """One node; between two Reshapes where axes are flattened."""
        if not self.flattened:
            return (self.to_onnx(inputs),)
        there, back = (np.array(shape, np.int64) for shape in (self.rows(inputs[0]), inputs[0].shape))
        middle = OnnxForm(self.onnx_types[0], {"axis": -1}, reads=(-1,))
        return OnnxForm("Reshape", {}, (there,)), middle, OnnxForm("Reshape", {}, (back,), (-1,))

    def rows(self, kind: TensorType) -> tuple[int, ...]:
        """The shape in which the flattened axes are the last one."""
        axis = normal_axis(self.axis, kind.rank)
        return (*kind.shape[:axis], int(np.prod(kind.shape[axis:])))


@dataclass(frozen=True)
class Clip(Unary):
    """min(max(x, low), high)."""

    onnx_types: ClassVar[tuple[str, ...]] = ("Clip",)

    low: float = -np.inf
    high: float = np.inf

    @property
    def why_float(self) -> str:
        """Integers clip by a scale that ends at the bounds, which always holds 0."""
        return "" if self.low <= 0 <= self.high else "no integer scale ends at bounds of one sign"

    @classmethod
    def from_onnx(cls, node: OnnxNode) -> tuple[Self, tuple[str, ...]]:
        """Bounds are constant inputs since opset 11, attributes before."""
        low = float(node.constant(1, "lower bound")) if node.given(1) else float(node.attributes.get("min", -np.inf))
        high = float(node.constant(2, "upper bound")) if node.given(2) else float(node.attributes.get("max", np.inf))
        return cls(low, high), node.inputs[:1]

    def to_onnx(self, inputs: Sequence[TensorType]) -> OnnxForm:
        """Clip with both bounds, in the input's type."""
        dtype = inputs[0].dtype
        with np.errstate(over="ignore"):  # a bound beyond float16 becomes infinite, which clips the same
            return OnnxForm("Clip", {}, (np.array(self.low, dtype), np.array(self.high, dtype)))


@dataclass(frozen=True)
class PRelu(Op):
    """Inputs x and slope (one number per channel): x where x ≥ 0, else slope·x."""

    onnx_types: ClassVar[tuple[str, ...]] = ("PRelu",)

    def infer(self, inputs: Sequence[TensorType]) -> tuple[TensorType, ...]:
        """X's type."""
        x, slope = inputs
        pairs = zip(reversed(slope.shape), reversed(x.shape), strict=False)
        fits = slope.rank <= x.rank and all(size in (1, wanted) for size, wanted in pairs)
        require(fits, f"PRelu slope {slope} does not broadcast to {x}")
        return (x,)
