"""A quantization plan: a value beside the graph that says which tensors are int8, and at what scale."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from edgeface.graph.types import Array, DType


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
    def dtype(self) -> DType:
        """What stores it: "uint8" where the range reaches beyond int8."""
        return "uint8" if self.high > 127 else "int8"

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
class QuantPlan:
    """`params` holds the parameters of every value that exists as int8, weights included.

    `kept_float` names the values that are computed in float, and why. Such a value may have parameters too: then it
    is quantized for the int8 ops that read it.
    """

    params: Mapping[str, QParams] = field(default_factory=dict)
    kept_float: Mapping[str, str] = field(default_factory=dict)
