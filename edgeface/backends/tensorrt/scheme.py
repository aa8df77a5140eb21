"""The scheme of TensorRT's int8."""

from __future__ import annotations

from edgeface.quantize.scheme import Scheme

TENSORRT_INT8 = Scheme("static_wi8_ai8_shifted")
"""TensorRT's zero points are 0. Other zero points in the plan become a shift of the value
(`backends.qdq.quantized`): symmetric activations would lose half of the steps after every ReLU."""
