"""The scheme of OpenVINO's integer kernels on the CPU: uint8 activations, int8 weights."""

from __future__ import annotations

from edgeface.backends.onnx.scheme import ORT_U8S8
from edgeface.backends.qdq.quantized import Placement

OPENVINO_INT8 = ORT_U8S8
PLACEMENT = Placement(rounded="made", bias="int32")
