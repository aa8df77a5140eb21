"""ONNX model of a graph that outputs the bounds of its values, so that whole activations never leave the runtime."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from edgeface.graph.ir import Graph
from edgeface.graph.onnx_writer import write_onnx

if TYPE_CHECKING:
    import onnx

End = Literal["low", "high"]


@dataclass(frozen=True)
class BoundsModel:
    """A model that outputs bounds.

    Attributes:
        onnx: the serialized model.
        lows, highs: by value, the output with its minimum or maximum: one number a channel for a value of rank 4, else
            one number.
    """

    onnx: bytes
    lows: Mapping[str, str]
    highs: Mapping[str, str]


def write_bounds(graph: Graph, lows: Sequence[str], highs: Sequence[str]) -> BoundsModel:
    """The graph as an ONNX model whose outputs are the minimum of some values and the maximum of others.

    Each bound is listed right after its value, so that a runtime that keeps this order takes it while the value is in
    the processor's cache.

    Args:
        graph: the graph.
        lows: float32 values whose minimum is wanted.
        highs: float32 values whose maximum is wanted.
    """
    import onnx

    model = onnx.load_from_string(write_onnx(graph))
    net = model.graph
    taken = {name for node in net.node for name in (*node.input, *node.output)}
    axes = _unused("axes", taken)
    found: dict[End, dict[str, str]] = {
        "low": {name: _unused(f"{name}/low", taken) for name in lows},
        "high": {name: _unused(f"{name}/high", taken) for name in highs},
    }
    added: dict[str, list[onnx.NodeProto]] = {}
    del net.output[:]
    for end, outputs in found.items():
        for name, output in outputs.items():
            pooled = end == "high" and name not in found["low"] and len(graph.type(name).shape) == 4
            node, shape = _global_max(graph, name, output) if pooled else _reduced(graph, name, end, output, axes)
            added.setdefault(name, []).append(node)
            net.output.append(onnx.helper.make_tensor_value_info(output, onnx.TensorProto.FLOAT, shape))
    if any(axes in node.input for nodes in added.values() for node in nodes):
        net.initializer.append(onnx.numpy_helper.from_array(np.array([2, 3], np.int64), axes))
    _place(net, graph, added)
    data: bytes = model.SerializeToString(deterministic=True)
    return BoundsModel(data, found["low"], found["high"])


def _place(net: onnx.GraphProto, graph: Graph, added: Mapping[str, Sequence[onnx.NodeProto]]) -> None:
    """Insert nodes right after the values that they read."""
    listed = [bound for name in graph.inputs for bound in added.get(name, ())]
    for node in net.node:
        listed += [node, *(bound for name in node.output for bound in added.get(name, ()))]
    del net.node[:]
    net.node.extend(listed)


def _unused(name: str, taken: set[str]) -> str:
    """A name that no value has."""
    while name in taken:
        name += "_"
    taken.add(name)
    return name


def _global_max(graph: Graph, name: str, output: str) -> tuple[onnx.NodeProto, tuple[int, ...]]:
    """The maximum of each channel by the one op that ONNX Runtime computes in its blocked layout, as it convolves."""
    from onnx import helper

    return helper.make_node("GlobalMaxPool", [name], [output], name=output), (*graph.type(name).shape[:2], 1, 1)


def _reduced(graph: Graph, name: str, end: End, output: str, axes: str) -> tuple[onnx.NodeProto, tuple[int, ...]]:
    from onnx import helper

    shape = graph.type(name).shape
    inputs = [name, axes] if len(shape) == 4 else [name]
    form = "ReduceMin" if end == "low" else "ReduceMax"
    node = helper.make_node(form, inputs, [output], name=output, keepdims=0)
    return node, shape[:2] if len(shape) == 4 else ()
