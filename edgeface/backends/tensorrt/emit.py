"""What TensorRT needs in the strongly typed .onnx files that engines are built from."""

from __future__ import annotations

from edgeface.backends.qdq.emit import OnnxEmitter
from edgeface.backends.qdq.quantized import Placement

PLACEMENT = Placement(rounded="convolved", bias="float", zero_points=False)
EMITTER = OnnxEmitter("tensorrt", PLACEMENT, any_batch=True)
