"""Quantization schemes: what a target's integers can express. Each backend declares its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from edgeface.graph.ir import Graph
from edgeface.graph.ops.base import Op
from edgeface.quantize.plan import Precision, QParams, QuantPlan
from edgeface.quantize.relief import Relief

INT8_STEPS = 255
INT16_LIMIT = 32_767

Refinement = Callable[[Graph, QuantPlan], QuantPlan]
"""Returns the plan with scales adapted to the target's kernels."""


@dataclass(frozen=True)
class Scheme:
    """A target's rules for quantizing activations and weights.

    Attributes:
        name: as in the manifest.
        same_scale: ops with one scale for inputs and output.
        fixed: ops whose 8-bit output has prescribed parameters.
        weight_limit: weights are symmetric, with one scale per output channel and this many steps on each side.
        unsigned: 8-bit activations are stored in uint8.
        symmetric_activations: zero is in the middle of the steps of 8-bit activations, so that they reach as far below
            zero as above; otherwise the steps cover the range of the values.
        refine: applied in order to every plan, before weights are rounded.
        relieve: applied after weights are rounded, which are then rounded again, until it returns None.
    """

    name: str
    same_scale: tuple[type[Op], ...] = ()
    fixed: Mapping[type[Op], QParams] = field(default_factory=dict)
    weight_limit: int = 127
    unsigned: bool = False
    symmetric_activations: bool = False
    refine: tuple[Refinement, ...] = ()
    relieve: Relief | None = None

    def activation(self, low: float, high: float, dtype: Precision = "int8") -> QParams:
        """Parameters whose range contains [low, high] and zero exactly.

        Args:
            low: minimum of the range.
            high: maximum of the range.
            dtype: "int16" for 16 bits, which are always signed and symmetric, as in TFLite and others; otherwise the
                scheme's 8 bits.
        """
        if dtype == "int16":
            return _symmetric(low, high, INT16_LIMIT, 0)
        if self.symmetric_activations:
            return _symmetric(low, high, 127, 128 if self.unsigned else 0)
        low, high = min(low, 0.0), max(high, 0.0)
        scale = max(high - low, 1e-12) / INT8_STEPS
        minimum, maximum = (0, 255) if self.unsigned else (-128, 127)
        zero_point = round(minimum - low / scale)
        return QParams((float(scale),), max(minimum, min(maximum, zero_point)), None, minimum, maximum)


def _symmetric(low: float, high: float, limit: int, zero_point: int) -> QParams:
    """Parameters with as many steps below zero as above: the extra negative integer stays unused."""
    scale = max(-low, high, 1e-12) / limit
    return QParams((float(scale),), zero_point, None, zero_point - limit, zero_point + limit)
