"""Which convolutions with int8 weights and float activations run in hybrid kernels.

These round their input to 8 bits of its own range, and compute in int8. XNNPACK has none for depthwise convolutions,
gives every pixel of a 1×1 convolution a range of its own (30 ns each), and pads few input channels to 8. Elsewhere
weights are stored in int8 and converted when a model is loaded. Measured on x86 with and without VNNI:
reports/prices.md.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from edgeface.graph.ops.conv import Conv

FEW_WEIGHTS = 2_500
"""So many weights of other kernels stay float32: a tenth of a model, and those of first layers, which cost the most."""
HYBRID_CHANNELS = 8
HYBRID_PRODUCTS = (2_000, 8_000)
"""The fewest input channels, and weights of larger kernels and of 1×1 kernels, with which hybrid ones are quicker."""


def runs_hybrid(op: Conv, weight: Sequence[int]) -> bool:
    """Whether a convolution with weights of this shape, [M,C/groups,kh,kw], is quicker with a hybrid kernel."""
    least = HYBRID_PRODUCTS[tuple(weight[2:]) == (1, 1)]
    return op.groups == 1 and weight[1] >= HYBRID_CHANNELS and math.prod(weight) >= least
