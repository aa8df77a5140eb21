"""Activations beyond ReLU and its kin: the smooth ones, their piecewise forms, and a threshold."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar, Literal

from typing_extensions import Self

from edgeface.graph.ops.activations import Clip, Relu, Sigmoid, Tanh
from edgeface.graph.ops.arithmetic import Add, Div, Mul
from edgeface.graph.ops.base import OnnxNode
from edgeface.graph.ops.comparison import Greater, Where
from edgeface.graph.ops.functions import Abs, Erf, Exp, Function, Log
from edgeface.graph.ops.rows import Rows


@dataclass(frozen=True)
class Elu(Function):
    """X where x ≥ 0, else alpha·(exp(x) − 1)."""

    onnx_types: ClassVar[tuple[str, ...]] = ("Elu",)

    alpha: float = 1.0

    def expand(self, rows: Rows) -> None:
        """By an ELU of alpha 1."""
        _scaled_elu(rows, 1.0, self.alpha)


@dataclass(frozen=True)
class Selu(Function):
    """Gamma·x where x ≥ 0, else gamma·alpha·(exp(x) − 1)."""

    onnx_types: ClassVar[tuple[str, ...]] = ("Selu",)

    alpha: float = 1.6732631921768188
    gamma: float = 1.0507010221481323

    def expand(self, rows: Rows) -> None:
        """By an ELU of alpha 1."""
        _scaled_elu(rows, self.gamma, self.gamma * self.alpha)


@dataclass(frozen=True)
class Celu(Function):
    """X where x ≥ 0, else alpha·(exp(x/alpha) − 1)."""

    onnx_types: ClassVar[tuple[str, ...]] = ("Celu",)
    spelled: ClassVar[bool] = True  # TensorRT-RTX 1.7.1 does not parse it in float16

    alpha: float = 1.0

    def expand(self, rows: Rows) -> None:
        """alpha·ELU(x/alpha)."""
        rows.add(Mul(), rows.add(Elu(), rows.add(Mul(), 0, 1 / self.alpha)), self.alpha)


def _scaled_elu(rows: Rows, above: float, below: float) -> None:
    """above·max(x, 0) + below·ELU(min(x, 0))."""
    high = rows.add(Mul(), rows.add(Relu(), 0), above)
    rows.add(Add(), high, rows.add(Mul(), rows.add(Elu(), rows.add(Clip(high=0.0), 0)), below))


@dataclass(frozen=True)
class Softplus(Function):
    """log(1 + exp(x))."""

    onnx_types: ClassVar[tuple[str, ...]] = ("Softplus",)

    def expand(self, rows: Rows) -> None:
        """max(x, 0) + log(1 + exp(−|x|)), which does not overflow."""
        falling = rows.add(Exp(), rows.add(Mul(), rows.add(Abs(), 0), -1.0))
        rows.add(Add(), rows.add(Relu(), 0), rows.add(Log(), rows.add(Add(), falling, 1.0)))


@dataclass(frozen=True)
class Softsign(Function):
    """X / (1 + |x|)."""

    onnx_types: ClassVar[tuple[str, ...]] = ("Softsign",)

    def expand(self, rows: Rows) -> None:
        """As it is defined."""
        rows.add(Div(), 0, rows.add(Add(), rows.add(Abs(), 0), 1.0))


@dataclass(frozen=True)
class Mish(Function):
    """X · tanh(softplus(x))."""

    onnx_types: ClassVar[tuple[str, ...]] = ("Mish",)

    def expand(self, rows: Rows) -> None:
        """As it is defined."""
        rows.add(Mul(), 0, rows.add(Tanh(), rows.add(Softplus(), 0)))


@dataclass(frozen=True)
class Swish(Function):
    """X · sigmoid(alpha·x), of opset 24."""

    onnx_types: ClassVar[tuple[str, ...]] = ("Swish",)
    spelled: ClassVar[bool] = True

    alpha: float = 1.0

    def expand(self, rows: Rows) -> None:
        """As it is defined."""
        read = 0 if self.alpha == 1.0 else rows.add(Mul(), 0, self.alpha)
        rows.add(Mul(), 0, rows.add(Sigmoid(), read))


@dataclass(frozen=True)
class Gelu(Function):
    """X · Φ(x), by the error function or by its approximation with tanh; of opset 20."""

    onnx_types: ClassVar[tuple[str, ...]] = ("Gelu",)
    spelled: ClassVar[bool] = True

    approximate: Literal["none", "tanh"] = "none"

    @classmethod
    def from_onnx(cls, node: OnnxNode) -> tuple[Self, tuple[str, ...]]:
        """The attribute is a word."""
        tanh = node.attributes.get("approximate", b"none") == b"tanh"
        return cls("tanh" if tanh else "none"), node.inputs

    def expand(self, rows: Rows) -> None:
        """x/2 · (1 + erf(x/√2)), or x/2 · (1 + tanh(√(2/π)·(x + 0.044715·x³)))."""
        if self.approximate == "tanh":
            cube = rows.add(Mul(), rows.add(Mul(), rows.add(Mul(), 0, 0), 0), 0.044715)
            rise = rows.add(Tanh(), rows.add(Mul(), rows.add(Add(), 0, cube), math.sqrt(2 / math.pi)))
        else:
            rise = rows.add(Erf(), rows.add(Mul(), 0, math.sqrt(0.5)))
        rows.add(Mul(), rows.add(Mul(), 0, 0.5), rows.add(Add(), rise, 1.0))


@dataclass(frozen=True)
class HardSigmoid(Function):
    """max(0, min(1, alpha·x + beta))."""

    onnx_types: ClassVar[tuple[str, ...]] = ("HardSigmoid",)

    alpha: float = 0.2
    beta: float = 0.5

    def expand(self, rows: Rows) -> None:
        """A sixth of a sum with a fused ReLU6."""
        line = rows.add(Add("relu6"), rows.add(Mul(), 0, 6 * self.alpha), 6 * self.beta)
        rows.add(Mul(), line, 1 / 6)


@dataclass(frozen=True)
class ThresholdedRelu(Function):
    """X where x > alpha, else 0."""

    onnx_types: ClassVar[tuple[str, ...]] = ("ThresholdedRelu",)

    alpha: float = 1.0

    def expand(self, rows: Rows) -> None:
        """A choice between x and 0."""
        rows.add(Where(), rows.add(Greater(), 0, self.alpha), 0, 0.0)
