"""Element-wise functions of one value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from edgeface.graph.ops.activations import Clip, Unary
from edgeface.graph.ops.arithmetic import Add, Div, Mul, Sub
from edgeface.graph.ops.rows import Rows

ONE_LOOKUP = "between integers a runtime looks up its float result"
"""XNNPACK makes one table of DEQUANTIZE, such an operator and QUANTIZE: as quick as an integer kernel, and exact."""


@dataclass(frozen=True)
class Function(Unary):
    """A function that integer targets compute in float."""

    float_only: ClassVar[str] = ONE_LOOKUP


@dataclass(frozen=True)
class Exp(Function):
    """e to the power of x."""

    onnx_types: ClassVar[tuple[str, ...]] = ("Exp",)


@dataclass(frozen=True)
class Log(Function):
    """Natural logarithm."""

    onnx_types: ClassVar[tuple[str, ...]] = ("Log",)


@dataclass(frozen=True)
class Sqrt(Function):
    """Square root."""

    onnx_types: ClassVar[tuple[str, ...]] = ("Sqrt",)


@dataclass(frozen=True)
class Neg(Function):
    """−x."""

    onnx_types: ClassVar[tuple[str, ...]] = ("Neg",)


@dataclass(frozen=True)
class Abs(Function):
    """Magnitude."""

    onnx_types: ClassVar[tuple[str, ...]] = ("Abs",)


@dataclass(frozen=True)
class Floor(Function):
    """Rounded down."""

    onnx_types: ClassVar[tuple[str, ...]] = ("Floor",)


@dataclass(frozen=True)
class Ceil(Function):
    """Rounded up."""

    onnx_types: ClassVar[tuple[str, ...]] = ("Ceil",)


@dataclass(frozen=True)
class Round(Function):
    """Rounded to the nearest integer, halves to even."""

    onnx_types: ClassVar[tuple[str, ...]] = ("Round",)


@dataclass(frozen=True)
class Reciprocal(Function):
    """1 / x."""

    onnx_types: ClassVar[tuple[str, ...]] = ("Reciprocal",)

    def expand(self, rows: Rows) -> None:
        """A quotient."""
        rows.add(Div(), 1.0, 0)


@dataclass(frozen=True)
class Sign(Function):
    """−1, 0 or 1."""

    onnx_types: ClassVar[tuple[str, ...]] = ("Sign",)

    def expand(self, rows: Rows) -> None:
        """The value, multiplied beyond 1 and clipped."""
        rows.add(Clip(-1.0, 1.0), rows.add(Mul(), 0, 6e4 if rows.inputs[0].dtype == "float16" else 3e38))


_ERF = (0.254829592, -0.284496736, 1.421413741, -1.453152027, 1.061405429)


@dataclass(frozen=True)
class Erf(Function):
    """The error function."""

    onnx_types: ClassVar[tuple[str, ...]] = ("Erf",)

    def expand(self, rows: Rows) -> None:
        """Abramowitz and Stegun 7.1.26, within 1.5e-7: 1 − (a₁t + … + a₅t⁵)·exp(−x²) with t = 1/(1 + p|x|)."""
        size = rows.add(Abs(), 0)
        t = rows.add(Reciprocal(), rows.add(Add(), rows.add(Mul(), size, 0.3275911), 1.0))
        total = rows.add(Mul(), t, _ERF[-1])
        for factor in reversed(_ERF[:-1]):
            total = rows.add(Mul(), rows.add(Add(), total, factor), t)
        bell = rows.add(Exp(), rows.add(Mul(), rows.add(Mul(), 0, 0), -1.0))
        rest = rows.add(Sub(), 1.0, rows.add(Mul(), total, bell))
        rows.add(Mul(), rest, rows.add(Sign(), 0))
