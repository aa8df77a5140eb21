"""What a target's integers can express. Each backend declares its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from edgeface.graph.ir import Graph
from edgeface.graph.ops.base import Op
from edgeface.quantize.plan import Precision, QParams, QuantPlan

INT8_STEPS = 255
INT16_LIMIT = 32_767

Refinement = Callable[[Graph, QuantPlan], QuantPlan]
"""The plan with other scales, where a target's kernels want them so."""

Relief = Callable[[Graph, QuantPlan], QuantPlan | None]
"""The plan with larger scales of weights, given those that are rounded to it; None where these are fine as they are."""


@dataclass(frozen=True)
class Scheme:
    """How activations and weights may be quantized.

    Attributes:
        name: as the manifest shows it.
        same_scale: ops that must have one scale for inputs and output.
        fixed: ops whose 8-bit output has prescribed parameters.
        weight_limit: weights are symmetric, with one scale for each output channel, in so many steps either side.
        unsigned: 8-bit activations are stored in uint8.
        symmetric_activations: the zero of 8-bit activations stands in the middle of their steps, so that they reach as
            far below zero as above; otherwise the steps are spread over what the values take.
        refine: applied in this order to every plan, before weights are rounded.
        relieve: applied after weights were rounded, which are then rounded anew, until it gives None.
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
        """Parameters whose range holds [low, high] and, exactly, zero.

        Args:
            low: the smallest number to hold.
            high: the largest.
            dtype: "int16" for 16 bits, which are always signed and symmetric, as TFLite's and its peers' are; 8 bits of
                the scheme's own kind otherwise.
        """
        if dtype == "int16":
            return _symmetric(low, high, INT16_LIMIT, 0)
        if self.symmetric_activations:
            return _symmetric(low, high, 127, 128 if self.unsigned else 0)
        low, high = min(low, 0.0), max(high, 0.0)
        scale = max(high - low, 1e-12) / INT8_STEPS
        least, most = (0, 255) if self.unsigned else (-128, 127)
        zero_point = round(least - low / scale)
        return QParams((float(scale),), max(least, min(most, zero_point)), None, least, most)


def _symmetric(low: float, high: float, limit: int, zero_point: int) -> QParams:
    """As many steps below zero as above: the one that integers have more below stays unused."""
    scale = max(-low, high, 1e-12) / limit
    return QParams((float(scale),), zero_point, None, zero_point - limit, zero_point + limit)
