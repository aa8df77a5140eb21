"""Drop nodes that no output needs, so that they are not refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeface.graph.onnx_steps.pin_inputs import model_inputs
from edgeface.graph.onnx_steps.walk import values_read

if TYPE_CHECKING:
    import onnx


def drop_unread(model: onnx.ModelProto) -> onnx.ModelProto:
    """The model, changed in place, without nodes and constants that no output needs. Inputs stay."""
    graph = model.graph
    makers = {name: index for index, node in enumerate(graph.node) for name in node.output if name}
    needed: set[int] = set()
    read: set[str] = set()
    waiting = [value.name for value in graph.output]
    while waiting:
        name = waiting.pop()
        if name in read:
            continue
        read.add(name)
        index = makers.get(name)
        if index is not None and index not in needed:
            needed.add(index)
            waiting.extend(values_read(graph.node[index]))
    for index in reversed(range(len(graph.node))):
        if index not in needed:
            del graph.node[index]
    inputs = {value.name for value in graph.input}
    for index in reversed(range(len(graph.initializer))):
        if graph.initializer[index].name not in read and graph.initializer[index].name not in inputs:
            del graph.initializer[index]
    return model


def forget_unread_outputs(model: onnx.ModelProto) -> onnx.ModelProto:
    """The model, changed in place, whose nodes do not name further outputs that nobody reads.

    ONNX lets only optional outputs have no name: this is for the reader alone, which then need not make the others.
    """
    read = {name for node in model.graph.node for name in values_read(node)} | {v.name for v in model.graph.output}
    for node in model.graph.node:
        node.output[1:] = [name if name in read else "" for name in node.output[1:]]
    return model


def drop_unread_inputs(model: onnx.ModelProto, keep: str) -> onnx.ModelProto:
    """The model, changed in place, without what no output needs, and without inputs that nothing reads, except one."""
    drop_unread(model)
    read = {name for node in model.graph.node for name in values_read(node)} | {v.name for v in model.graph.output}
    fed = {value.name for value in model_inputs(model)}
    for index in reversed(range(len(model.graph.input))):
        name = model.graph.input[index].name
        if name in fed and name not in read and name != keep:
            del model.graph.input[index]
    return model
