"""List constants as constants alone: before IR version 4 they were inputs too, and some writers list only some."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import onnx

_CONSTANTS_ALONE = 4  # the IR version from which a constant need not be an input


def raise_ir_version(model: onnx.ModelProto) -> onnx.ModelProto:
    """The model, changed in place, of an IR version in which constants are no inputs; a constant is never one.

    ONNX Runtime keeps the version of a model that it optimizes, but does not list the constants that it makes.
    """
    stored = {tensor.name for tensor in model.graph.initializer}
    for index in reversed(range(len(model.graph.input))):
        if model.graph.input[index].name in stored:
            del model.graph.input[index]
    model.ir_version = max(model.ir_version, _CONSTANTS_ALONE)
    return model
