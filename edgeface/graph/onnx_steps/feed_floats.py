"""Feed floats to inputs that a model declares as integers, and converts to floats itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeface.graph.onnx_steps.pin_inputs import model_inputs
from edgeface.graph.onnx_steps.walk import STANDARD, attribute_of, values_read

if TYPE_CHECKING:
    import onnx

_FLOAT = 1  # onnx.TensorProto.DataType
_MOVES = frozenset(
    {"Transpose", "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Slice", "Gather", "Identity", "Expand", "Tile"}
)
"""Operators that hand on the numbers of their first input."""


def feed_floats(model: onnx.ModelProto) -> onnx.ModelProto:
    """The model, changed in place, with float32 inputs where it declares other numbers but computes with floats only.

    An image input of uint8 that is cast to float is the case in mind: the contract describes what is fed, and a whole
    number is the same in either type. An input that anything else reads as an integer is left as it is.
    """
    for value in model_inputs(model):
        if value.type.tensor_type.elem_type != _FLOAT and _is_cast(model, value.name):
            value.type.tensor_type.elem_type = _FLOAT
    return model


def _is_cast(model: onnx.ModelProto, name: str) -> bool:
    """Whether all that is read of an input is its float value."""
    moved = {name}
    used = False
    if any(output.name == name for output in model.graph.output):
        return False
    for node in model.graph.node:
        if moved.isdisjoint(values_read(node)):
            continue
        used = True
        first = bool(node.input) and node.input[0] in moved and moved.isdisjoint(node.input[1:])
        if not first or node.domain not in STANDARD:
            return False
        if node.op_type == "Cast":
            to = attribute_of(node, "to")
            if to is None or to.i != _FLOAT:
                return False
        elif node.op_type in _MOVES and not any(output.name in node.output for output in model.graph.output):
            moved.update(node.output)
        else:
            return False
    return used
