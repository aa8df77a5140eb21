"""What ONNX Runtime needs in the .onnx files that it runs."""

from __future__ import annotations

from edgeface.backends.qdq.emit import OnnxEmitter
from edgeface.backends.qdq.quantized import Placement

PLACEMENT = Placement(rounded="made", bias="int32")
EMITTER = OnnxEmitter("onnx", PLACEMENT)
