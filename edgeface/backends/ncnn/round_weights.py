"""Weights as ncnn stores them in bfloat16, chosen so that a filter's rounding errors cancel.

ncnn rounds each weight to the nearest when it loads a network. Rounding them here one after another, each together with
the errors of those before it in its filter, keeps the filter's sum: what pixels and channels have in common
passes as it should. Of RetinaFace-mnet0.25 the weights' noise falls by 4.4 dB, all of bfloat16's by 0.9 dB.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import numpy as np

from edgeface.graph.ir import Graph
from edgeface.graph.ops.conv import Conv, Gemm
from edgeface.graph.ops.conv_transpose import ConvTranspose
from edgeface.graph.types import Array

_SUFFIX = "/bfloat16"


def round_weights(graph: Graph, integers: Collection[str] = ()) -> Graph:
    """The graph with the constant weights of convolutions and matrix products rounded.

    Args:
        graph: the graph.
        integers: outputs of nodes that are computed in integers, whose weights stay.
    """
    constants: dict[str, Array] = {}
    nodes = []
    for node in graph.nodes:
        data = graph.constant(node.inputs[1]) if isinstance(node.op, Conv | ConvTranspose | Gemm) else None
        if data is not None and node.output not in integers and not node.inputs[1].endswith(_SUFFIX):
            name = f"{node.inputs[1]}{_SUFFIX}"
            constants[name] = rounded(data, isinstance(node.op, ConvTranspose))
            node = replace(node, inputs=(node.inputs[0], name, *node.inputs[2:]))  # noqa: PLW2901
        nodes.append(node)
    return graph.rebuild(nodes, constants) if constants else graph


def rounded(weights: Array, turned: bool = False) -> Array:
    """Weights in bfloat16, as float32; filters lie along the first axis, or along the second if `turned`."""
    filters = np.moveaxis(weights, 1, 0) if turned else weights
    rows = filters.reshape(len(filters), -1).astype(np.float64)
    found, carried = np.empty(rows.shape, np.float32), np.zeros(len(rows))
    for index in range(rows.shape[1]):
        wanted = rows[:, index] + carried
        found[:, index] = nearest(wanted.astype(np.float32))
        carried = wanted - found[:, index]
    made = found.reshape(filters.shape)
    return np.ascontiguousarray(np.moveaxis(made, 0, 1) if turned else made)


def nearest(numbers: Array) -> Array:
    """Float32 numbers rounded to bfloat16, halves to even."""
    bits = np.ascontiguousarray(numbers, np.float32).view(np.uint32).astype(np.uint64)
    kept = (bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000
    found: Array = kept.astype(np.uint32).view(np.float32)
    return found
