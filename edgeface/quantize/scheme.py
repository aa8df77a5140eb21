"""What a target's integers can express."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from edgeface.graph.ops.activations import Sigmoid, Softmax, Tanh
from edgeface.graph.ops.arithmetic import Concat
from edgeface.graph.ops.base import Op
from edgeface.graph.ops.shape import Pad, Reshape, Slice, Transpose
from edgeface.graph.ops.spatial import AveragePool, MaxPool, Resize
from edgeface.quantize.limit_pair_sums import PAIR_LIMIT
from edgeface.quantize.plan import QParams

INT8_STEPS = 255


@dataclass(frozen=True)
class Scheme:
    """How activations and weights may be quantized.

    `same_scale` ops must have one scale for inputs and output; `fixed` ops have a prescribed output. Weights are
    symmetric in `weight_limit` steps either side, one scale for each output channel. `unsigned` activations are stored
    in uint8. `pair_limit` bounds the sum of two paired weights of one sign (`quantize.limit_pair_sums`).
    """

    name: str
    same_scale: tuple[type[Op], ...]
    fixed: Mapping[type[Op], QParams] = field(default_factory=dict)
    weight_limit: int = 127
    unsigned: bool = False
    pair_limit: int | None = None

    def activation(self, low: float, high: float) -> QParams:
        """Parameters whose range holds [low, high] and, exactly, zero."""
        low, high = min(low, 0.0), max(high, 0.0)
        scale = max(high - low, 1e-12) / INT8_STEPS
        least, most = (0, 255) if self.unsigned else (-128, 127)
        zero_point = round(least - low / scale)
        return QParams((float(scale),), max(least, min(most, zero_point)), None, least, most)


_FIXED = {
    Sigmoid: QParams((1 / 256,), -128),
    Softmax: QParams((1 / 256,), -128),
    Tanh: QParams((1 / 128,), 0),
}
TFLITE_INT8 = Scheme(
    "static_wi8_ai8",
    same_scale=(Concat, Resize, Pad, Reshape, Transpose, AveragePool, MaxPool, Slice),
    fixed=_FIXED,
)
ORT_U8S8 = Scheme(
    "static_wi8_au8",
    same_scale=(Resize, Pad, Reshape, Transpose, MaxPool, Slice),
    fixed={Sigmoid: QParams((1 / 256,), 0, None, 0, 255), Softmax: QParams((1 / 256,), 0, None, 0, 255)},
    unsigned=True,
    pair_limit=PAIR_LIMIT,
)
"""For ONNX Runtime: uint8 activations, and weights that no x86 core saturates on: every host computes the same."""

TENSORRT_INT8 = Scheme("static_wi8_ai8_shifted", same_scale=())
"""For TensorRT, whose zero points are 0: the plan's become a shift of the value (`backends.qdq.quantized`)."""
