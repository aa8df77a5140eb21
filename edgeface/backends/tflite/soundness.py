"""What a runtime would take on trust: checked after a model is parsed, before its memory is planned.

LiteRT checks a file's structure, but not that an operator has the inputs that it needs, nor how much memory the
declared sizes ask for. This file ships to boards as it is: Python 3.8, the standard library and numpy.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

MAX_TENSOR_BYTES = 128 << 20
"""Of a tensor that is computed; 64 channels at half the resolution of 1920×1080 pixels in float32 fit."""

ABSENT = -1
_BIAS = {
    "CONV_2D": (2,),
    "CONV_3D": (2,),
    "CONV_3D_TRANSPOSE": (3,),
    "DEPTHWISE_CONV_2D": (2,),
    "FULLY_CONNECTED": (2,),
    "TRANSPOSE_CONV": (3,),
}
"""Positions of inputs that may be absent, by operator."""

_RECURRENT = ("LSTM", "RNN", "SVDF")
"""Operators with these words in their names have many optional inputs, but not the first."""


def unsoundness(interpreter: Any) -> str | None:
    """What is wrong with a model that an interpreter holds, None if nothing is.

    Args:
        interpreter: of LiteRT or tflite-runtime, whose tensors are not yet allocated.

    Raises:
        ValueError, IndexError: a tensor does not exist, or its name is not text.
    """
    operators: Sequence[Mapping[str, Any]] = interpreter._get_ops_details()
    for place, operator in enumerate(operators):
        name = str(operator["op_name"])
        for position, tensor in enumerate(operator["inputs"]):
            if tensor < 0 and not _may_be_absent(name, position):
                return f"operator {place} ({name}) lacks its input {position}"
        if any(tensor < 0 for tensor in operator["outputs"]):
            return f"operator {place} ({name}) lacks an output"
    computed = {int(tensor) for operator in operators for tensor in operator["outputs"]}
    computed.update(int(detail["index"]) for detail in interpreter.get_input_details())
    for detail in interpreter.get_tensor_details():
        if int(detail["index"]) not in computed:
            continue  # a constant is as large as its data in the file
        sizes = [int(size) for size in detail["shape"]]
        count = 1
        for size in sizes:
            count *= size
        if min(sizes, default=0) < 0 or count * np.dtype(detail["dtype"]).itemsize > MAX_TENSOR_BYTES:
            return f"the tensor {detail['name']!r} of {sizes} is larger than {MAX_TENSOR_BYTES >> 20} MiB"
    return None


def _may_be_absent(operator: str, position: int) -> bool:
    if any(word in operator for word in _RECURRENT):
        return position > 0
    return position in _BIAS.get(operator, ())
