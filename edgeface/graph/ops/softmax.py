"""The logarithm of softmax."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from edgeface.graph.ops.activations import Softmax


@dataclass(frozen=True)
class LogSoftmax(Softmax):
    """X − log Σ exp(x) along one axis."""

    onnx_types: ClassVar[tuple[str, ...]] = ("LogSoftmax",)
    float_only: ClassVar[str] = "logarithms near zero need more than 8 bits"
