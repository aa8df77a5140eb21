"""One interface for every runtime: named arrays in, named arrays out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from edgeface.graph.types import Array


@dataclass(frozen=True)
class TensorSpec:
    """A runtime's input or output: shape, dtype, and affine quantization where it is integer.

    For an integer tensor real = (stored − zero_point) · scale; for a float one scale is None.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    scale: float | None = None
    zero_point: int = 0


class Runner(Protocol):
    """A loaded model. Arrays cross this interface in the model's own shapes and dtypes."""

    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]

    def run(self, feeds: Mapping[str, Array]) -> dict[str, Array]:
        """Run once. Raises RuntimeFailure with the runtime's own words if it fails."""
        ...
