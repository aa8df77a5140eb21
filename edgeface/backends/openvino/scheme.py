"""The scheme of OpenVINO's integer kernels on the CPU: uint8 activations, int8 weights."""

from __future__ import annotations

from edgeface.backends.onnx.scheme import ORT_U8S8
from edgeface.backends.qdq.quantized import Placement

OPENVINO_INT8 = ORT_U8S8
"""Where there is no VNNI, its kernels add pairs of products in 16 bits, as ONNX Runtime's do."""

PLACEMENT = Placement(rounded="convolved", bias="float")
"""Only what integer convolutions read is rounded: then OpenVINO fuses activations, PReLU too, and the rounding behind
them into the convolution before. Sums, and the network's outputs, stay in float32."""
