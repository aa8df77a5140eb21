"""Weights are no inputs, though files of IR 3 list them there: ONNX Runtime then takes none of them for constant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeface.graph.onnx_steps.pin_inputs import model_inputs

if TYPE_CHECKING:
    import onnx

_WEIGHTS_APART = 4
"""The first IR version whose weights need not be listed as inputs."""


def unlist_weights(model: onnx.ModelProto) -> onnx.ModelProto:
    """The model, changed in place, whose inputs are those that are fed."""
    fed = model_inputs(model)
    if len(fed) < len(model.graph.input):
        kept = [type(value).FromString(value.SerializeToString()) for value in fed]
        del model.graph.input[:]
        model.graph.input.extend(kept)
        model.ir_version = max(model.ir_version, _WEIGHTS_APART)
    return model
