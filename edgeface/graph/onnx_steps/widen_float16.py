"""Compute in float32 what a model computes in 16 bits: its constants are exact in it, and a target chooses its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from edgeface.graph.onnx_steps.walk import graphs_of
from edgeface.graph.onnx_tensors import stored_array

if TYPE_CHECKING:
    import onnx

_FLOAT = 1  # onnx.TensorProto.DataType
_HALF = frozenset({10, 16})  # FLOAT16, BFLOAT16
_NAMES_A_TYPE = frozenset({"to", "dtype", "stash_type", "softmax_precision"})


def widen_float16(model: onnx.ModelProto, where: str) -> onnx.ModelProto:
    """The model, changed in place, with float32 wherever it says float16 or bfloat16: inputs, constants and casts.

    Raises:
        InputError: a tensor's data does not have its type and shape.
    """
    for graph in graphs_of(model.graph):
        for value in (*graph.input, *graph.output, *graph.value_info):
            if value.type.tensor_type.elem_type in _HALF:
                value.type.tensor_type.elem_type = _FLOAT
        for tensor in graph.initializer:
            _widen_tensor(tensor, where)
        for node in graph.node:
            for attribute in node.attribute:
                _widen_attribute(attribute, where)
    return model


def _widen_attribute(attribute: onnx.AttributeProto, where: str) -> None:
    if attribute.name in _NAMES_A_TYPE and attribute.i in _HALF:
        attribute.i = _FLOAT
    for tensor in (*((attribute.t,) if attribute.HasField("t") else ()), *attribute.tensors):
        _widen_tensor(tensor, where)


def _widen_tensor(tensor: onnx.TensorProto, where: str) -> None:
    from onnx import numpy_helper

    if tensor.data_type in _HALF:
        tensor.CopyFrom(numpy_helper.from_array(stored_array(tensor, where).astype(np.float32), tensor.name))
