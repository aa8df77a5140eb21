"""What a target's integers can express."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from edgeface.graph.ops.activations import Sigmoid, Softmax, Tanh
from edgeface.graph.ops.arithmetic import Concat
from edgeface.graph.ops.base import Op
from edgeface.graph.ops.shape import Pad, Reshape, Slice, Transpose
from edgeface.graph.ops.spatial import AveragePool, MaxPool, Resize
from edgeface.quantize.plan import QParams

INT8_STEPS = 255


@dataclass(frozen=True)
class Scheme:
    """How activations and weights may be quantized.

    `same_scale` ops must have one scale for inputs and output; `fixed` ops have a prescribed output. Weights are
    symmetric in `weight_limit` steps either side, one scale for each output channel.
    """

    name: str
    symmetric_activations: bool
    same_scale: tuple[type[Op], ...]
    fixed: Mapping[type[Op], QParams] = field(default_factory=dict)
    weight_limit: int = 127

    def activation(self, low: float, high: float) -> QParams:
        """Parameters whose range holds [low, high] and, exactly, zero."""
        low, high = min(low, 0.0), max(high, 0.0)
        if self.symmetric_activations:
            return QParams((max(-low, high, 1e-12) / 127,), 0, None, -127, 127)
        scale = max(high - low, 1e-12) / INT8_STEPS
        zero_point = round(-128 - low / scale)
        return QParams((float(scale),), max(-128, min(127, zero_point)))


_FIXED = {
    Sigmoid: QParams((1 / 256,), -128),
    Softmax: QParams((1 / 256,), -128),
    Tanh: QParams((1 / 128,), 0),
}
TFLITE_INT8 = Scheme(
    "static_wi8_ai8",
    symmetric_activations=False,
    same_scale=(Concat, Resize, Pad, Reshape, Transpose, AveragePool, MaxPool, Slice),
    fixed=_FIXED,
)
