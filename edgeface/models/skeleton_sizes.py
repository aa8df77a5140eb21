"""Set the size of a resizable skeleton: what its network computes from its own sizes becomes constants."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import onnx

_SHAPED_BY = {"Reshape": 1, "Expand": 1, "Resize": 3}
"""Operators whose output has the shape that an input says, and which input that is."""


def set_size(model: onnx.ModelProto, height: int, width: int) -> None:
    """Fix the height and width of the image, and with them every shape.

    Args:
        model: a skeleton without weights, changed in place; its image is [1,3,height,width].
        height: in pixels.
        width: in pixels.
    """
    from onnx import shape_inference

    sides = model.graph.input[0].type.tensor_type.shape.dim
    sides[2].dim_value, sides[3].dim_value = height, width
    inferred = shape_inference.infer_shapes(model, strict_mode=True, data_prop=True).graph
    shapes = {
        value.name: [dim.dim_value for dim in value.type.tensor_type.shape.dim]
        for value in (*inferred.value_info, *inferred.output)
    }
    _write_shapes(model.graph, shapes)
    drop_unread_nodes(model.graph)


def _write_shapes(graph: onnx.GraphProto, shapes: dict[str, list[int]]) -> None:
    """Give the shape as a constant to each node that takes a computed one."""
    import numpy as np
    from onnx import helper, numpy_helper

    known = {node.output[0] for node in graph.node if node.op_type == "Constant"}
    nodes: list[onnx.NodeProto] = []
    for node in graph.node:
        index = _SHAPED_BY.get(node.op_type)
        if index is not None and len(node.input) > index and node.input[index] and node.input[index] not in known:
            name = f"{node.output[0]}/shape"
            shape = numpy_helper.from_array(np.array(shapes[node.output[0]], np.int64))
            nodes.append(helper.make_node("Constant", [], [name], name, value=shape))
            node.input[index] = name
        nodes.append(node)
    kept = [type(node).FromString(node.SerializeToString()) for node in nodes]
    del graph.node[:]
    graph.node.extend(kept)


def drop_unread_nodes(graph: onnx.GraphProto) -> None:
    """Drop the nodes of whose results nothing is read, and those that only they need."""
    read = {value.name for value in graph.output}
    for index in range(len(graph.node) - 1, -1, -1):
        if read.isdisjoint(graph.node[index].output):
            del graph.node[index]
        else:
            read.update(graph.node[index].input)
