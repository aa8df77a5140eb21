"""A quantization plan: a value beside the graph that says in which dtype each value is made, and at what scale."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np

from edgeface.errors import GraphError
from edgeface.graph.types import Array

Precision = Literal["int8", "uint8", "int16", "float16", "float32"]
"""The dtypes in which values may be made."""

FLOATS: tuple[Precision, ...] = ("float16", "float32")


@dataclass(frozen=True)
class QParams:
    """Affine quantization: real = (stored − zero_point) · scale, stored in [low, high].

    `scale` has one entry, or one for each index along `axis`.
    """

    scale: tuple[float, ...]
    zero_point: int = 0
    axis: int | None = None
    low: int = -128
    high: int = 127

    @property
    def dtype(self) -> Precision:
        """What stores it: "int8", or "uint8" or "int16" where the range reaches beyond."""
        if self.low >= -128 and self.high <= 127:
            return "int8"
        return "uint8" if self.low >= 0 and self.high <= 255 else "int16"

    def quantize(self, data: Array) -> Array:
        """Round float data to integers, saturating; halves to even, in float64."""
        stored = np.rint(np.asarray(data, np.float64) / self._spread(data.ndim)) + self.zero_point
        saturated: Array = np.clip(stored, self.low, self.high).astype(self.dtype)
        return saturated

    def dequantize(self, stored: Array) -> Array:
        """The float32 numbers that stored integers stand for."""
        real = (stored.astype(np.float64) - self.zero_point) * self._spread(stored.ndim)
        single: Array = real.astype(np.float32)
        return single

    @property
    def range(self) -> tuple[float, float]:
        """Smallest and largest representable number (per-tensor parameters only)."""
        return (self.low - self.zero_point) * self.scale[0], (self.high - self.zero_point) * self.scale[0]

    def _spread(self, rank: int) -> Array:
        scale = np.asarray(self.scale, np.float64)
        if self.axis is None:
            return scale
        return scale.reshape([-1 if i == self.axis else 1 for i in range(rank)])


@dataclass(frozen=True)
class Stated:
    """The dtype that somebody asked for, and why."""

    dtype: Precision
    reason: str

    @property
    def is_float(self) -> bool:
        """Whether it is one of the float dtypes."""
        return self.dtype in FLOATS


def in_float32(reasons: Mapping[str, str]) -> dict[str, Stated]:
    """Values that are to be computed in float32, from their reasons."""
    return {name: Stated("float32", reason) for name, reason in reasons.items()}


@dataclass(frozen=True)
class QuantPlan:
    """A dtype for every value, and the parameters of those that are stored as integers.

    Attributes:
        params: parameters of every value that exists as integers, weights included. A value that is made in float may
            have some too: then it is quantized for the integer ops that read it.
        stated: values whose dtype was asked for, and why: floats among integers, float32 among float16, 16-bit
            activations. Their parameters, if they are integers, must be of that dtype.
        default: what values are made in that are neither stated nor have parameters.
    """

    params: Mapping[str, QParams] = field(default_factory=dict)
    stated: Mapping[str, Stated] = field(default_factory=dict)
    default: Precision = "float32"

    def __post_init__(self) -> None:
        """Refuse integers without parameters, and parameters of another dtype."""
        for name, asked in self.stated.items():
            params = self.params.get(name)
            if asked.is_float or (params is not None and params.dtype == asked.dtype):
                continue
            what = "has no scale" if params is None else f"has a scale for {params.dtype}"
            raise GraphError(f"a value that is to be made in {asked.dtype} {what}", where=f"tensor {name!r}")
        if self.default not in FLOATS:
            raise GraphError(f"values without a scale cannot be made in {self.default}", where="default of the plan")

    def dtype(self, name: str) -> Precision:
        """The dtype in which a value is made; of a constant, in which it is stored."""
        if name in self.stated:
            return self.stated[name].dtype
        return self.params[name].dtype if name in self.params else self.default

    @cached_property
    def kept_float(self) -> Mapping[str, str]:
        """The values that were asked to be made in float, and why."""
        return {name: asked.reason for name, asked in self.stated.items() if asked.is_float}
