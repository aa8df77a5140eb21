"""Quantization plans, kept next to the graph: the dtype and the scale of each value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np

from edgeface.errors import GraphError
from edgeface.graph.types import Array

Precision = Literal["int8", "uint8", "int16", "float16", "float32"]
"""The dtypes that values may have."""

FLOATS: tuple[Precision, ...] = ("float16", "float32")


@dataclass(frozen=True)
class QParams:
    """Affine quantization: real = (stored − zero_point) · scale, stored in [low, high].

    `scale` has one entry, or one per index along `axis`.
    """

    scale: tuple[float, ...]
    zero_point: int = 0
    axis: int | None = None
    low: int = -128
    high: int = 127

    @property
    def dtype(self) -> Precision:
        """The storage type: "int8", or "uint8" or "int16" where the range exceeds it."""
        if self.low >= -128 and self.high <= 127:
            return "int8"
        return "uint8" if self.low >= 0 and self.high <= 255 else "int16"

    def quantize(self, data: Array) -> Array:
        """Float data rounded to integers, saturated; halves to even, in float64."""
        stored = np.rint(np.asarray(data, np.float64) / self._spread(data.ndim)) + self.zero_point
        saturated: Array = np.clip(stored, self.low, self.high).astype(self.dtype)
        return saturated

    def dequantize(self, stored: Array) -> Array:
        """The float32 numbers that stored integers represent."""
        real = (stored.astype(np.float64) - self.zero_point) * self._spread(stored.ndim)
        single: Array = real.astype(np.float32)
        return single

    @property
    def range(self) -> tuple[float, float]:
        """Minimum and maximum representable number (per-tensor parameters only)."""
        return (self.low - self.zero_point) * self.scale[0], (self.high - self.zero_point) * self.scale[0]

    def _spread(self, rank: int) -> Array:
        scale = np.asarray(self.scale, np.float64)
        if self.axis is None:
            return scale
        return scale.reshape([-1 if i == self.axis else 1 for i in range(rank)])


Form = Literal["plain", "winograd"]
"""How a float convolution is computed: by the runtime's own kernel, or in Winograd's form."""


@dataclass(frozen=True)
class Stated:
    """A requested dtype, the reason, and how a convolution is computed in it."""

    dtype: Precision
    reason: str
    form: Form = "plain"

    @property
    def is_float(self) -> bool:
        """Whether it is one of the float dtypes."""
        return self.dtype in FLOATS


def in_float32(reasons: Mapping[str, str]) -> dict[str, Stated]:
    """Values requested in float32, from their reasons."""
    return {name: Stated("float32", reason) for name, reason in reasons.items()}


@dataclass(frozen=True)
class QuantPlan:
    """The dtype of every value, and the parameters of those stored as integers.

    Attributes:
        params: parameters of every value that exists as integers, weights included. A value computed in float may have
            parameters too: it is then quantized for the integer ops that read it.
        stated: values with a requested dtype, and the reasons: floats among integers, float32 among float16, 16-bit
            activations. Integer values need parameters of that dtype.
        default: dtype of values that are neither stated nor have parameters.
    """

    params: Mapping[str, QParams] = field(default_factory=dict)
    stated: Mapping[str, Stated] = field(default_factory=dict)
    default: Precision = "float32"

    def __post_init__(self) -> None:
        """Reject integers without parameters, and parameters of another dtype."""
        for name, asked in self.stated.items():
            params = self.params.get(name)
            if asked.is_float or (params is not None and params.dtype == asked.dtype):
                continue
            what = "has no scale" if params is None else f"has a scale for {params.dtype}"
            raise GraphError(f"a value requested in {asked.dtype} {what}", where=f"tensor {name!r}")
        if self.default not in FLOATS:
            raise GraphError(f"values without a scale cannot be {self.default}", where="default of the plan")

    def dtype(self, name: str) -> Precision:
        """The dtype in which a value is computed or, for constants, stored."""
        if name in self.stated:
            return self.stated[name].dtype
        return self.params[name].dtype if name in self.params else self.default

    @cached_property
    def kept_float(self) -> Mapping[str, str]:
        """The values requested in float, and the reasons."""
        return {name: asked.reason for name, asked in self.stated.items() if asked.is_float}
