"""Find the values behind a network's last layers, and take models apart there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from edgeface.graph.onnx_steps.drop_unread import drop_unread
from edgeface.graph.onnx_steps.walk import values_read

if TYPE_CHECKING:
    import onnx

_LAYERS = frozenset({"Conv", "ConvTranspose", "Gemm", "MatMul", "DeformConv", "Attention"})
_WEIGHTED = ("Conv", "MatMul")
_INITIALIZERS_APART = 4  # the IR version since which constants need not be inputs


def behind_layers(model: onnx.ModelProto) -> list[str]:
    """The values whose readers, and theirs, are no layers: heads, and what is computed of them, in the graph's order.

    A layer whose weights are 0, 1, 2 … is none: it is the mean of a distribution.
    """
    return [name for _, name in _behind_layers(model)]


def layer_outputs(model: onnx.ModelProto) -> list[str]:
    """Those of them that the last layers themselves give."""
    constants = _constants(model)
    return [name for node, name in _behind_layers(model) if _is_layer(node, constants)]


def _behind_layers(model: onnx.ModelProto) -> list[tuple[onnx.NodeProto, str]]:
    constants = _constants(model)
    early: set[str] = set()
    for node in reversed(model.graph.node):
        if _is_layer(node, constants) or not early.isdisjoint(node.output):
            early.update(values_read(node))
    return [(node, name) for node in model.graph.node for name in node.output if name and name not in early]


def with_outputs(model: onnx.ModelProto, names: Sequence[str]) -> onnx.ModelProto:
    """The model, changed in place, with other values as its outputs, without the nodes that they do not need."""
    from onnx import helper

    known = {value.name: value for value in (*model.graph.output, *model.graph.value_info)}
    chosen = [known[name] if name in known else helper.make_empty_tensor_value_info(name) for name in names]
    copies = [type(value).FromString(value.SerializeToString()) for value in chosen]
    del model.graph.output[:]
    model.graph.output.extend(copies)
    return drop_unread(model)


def tail_of(
    model: onnx.ModelProto, head: str, shape: tuple[int, ...], outputs: Sequence[str]
) -> onnx.ModelProto | None:
    """The part of a model behind a float32 value, which becomes its input, in place; None if that is not enough."""
    from onnx import TensorProto, helper

    given = {value.name for value in model.graph.input} - {tensor.name for tensor in model.graph.initializer}
    for node in model.graph.node:
        for index, name in enumerate(node.output):
            if name == head:
                node.output[index] = f"{name}__before"
    del model.graph.input[:]
    model.graph.input.append(helper.make_tensor_value_info(head, TensorProto.FLOAT, shape))
    model.ir_version = max(model.ir_version, _INITIALIZERS_APART)
    tail = with_outputs(model, outputs)
    read = {name for node in tail.graph.node for name in values_read(node)} | {item.name for item in tail.graph.output}
    return tail if head in read and read.isdisjoint(given) else None


def _is_layer(node: onnx.NodeProto, constants: Mapping[str, onnx.TensorProto]) -> bool:
    if node.op_type not in _LAYERS:
        return False
    stored = constants.get(node.input[1]) if node.op_type in _WEIGHTED and len(node.input) > 1 else None
    if stored is None or int(np.prod(stored.dims)) > 1 << 10:
        return True
    from onnx import numpy_helper

    weights = numpy_helper.to_array(stored).reshape(-1)
    return not (len(weights) > 1 and np.array_equal(weights, np.arange(len(weights))))


def _constants(model: onnx.ModelProto) -> dict[str, onnx.TensorProto]:
    found = {tensor.name: tensor for tensor in model.graph.initializer}
    for node in model.graph.node:
        if node.op_type == "Constant" and node.attribute and node.attribute[0].name == "value":
            found[node.output[0]] = node.attribute[0].t
    return found
