"""Channels that are computed several times: the same network with copies of some convolutions' output channels.

What reads the copies densely takes the mean of them, so in float nothing changes. `copy_staggering` then makes them
differ by parts of a step, which gives integers more steps.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import numpy as np

from edgeface.graph.ir import Graph, Node
from edgeface.graph.ops.activations import Clip, LeakyRelu, Relu
from edgeface.graph.ops.conv import Conv
from edgeface.graph.types import Array
from edgeface.quantize.statistics import CalibrationStats, ValueStats


def is_dense(graph: Graph, node: Node) -> bool:
    """Whether a node is a convolution of all channels, with a constant weight and bias of its own."""
    return _owns_constants(graph, node) and node.op.groups == 1  # type: ignore[attr-defined]  # it is a Conv


def is_channelwise(graph: Graph, node: Node) -> bool:
    """Whether a node computes each channel from the same one: a depthwise convolution, or an activation."""
    if isinstance(node.op, Relu | LeakyRelu | Clip):
        return True
    if not isinstance(node.op, Conv) or not _owns_constants(graph, node):
        return False
    weight = graph.type(node.inputs[1]).shape
    return node.op.is_depthwise(weight) and weight[0] == node.op.groups


def copied_values(graph: Graph, source: Node, allowed: Collection[str]) -> tuple[str, ...]:
    """The values that get copies with a dense convolution's output: all up to its dense readers; empty if it may not.

    Args:
        graph: the graph.
        source: a node.
        allowed: values that may get copies.
    """
    found = [source.output]
    for name in found:
        if name not in allowed or name in graph.outputs:
            return ()
        for reader in graph.consumers[name]:
            if is_channelwise(graph, reader):
                found.append(reader.output)
            elif not is_dense(graph, reader):
                return ()
    return tuple(found) if is_dense(graph, source) else ()


def copy_channels(
    graph: Graph, stats: CalibrationStats, copied: Collection[str], copies: int
) -> tuple[Graph, CalibrationStats]:
    """The network with that many copies of all channels of some values, and its statistics.

    Args:
        graph: the graph that `stats` describe.
        stats: calibration statistics.
        copied: values, each with all of `copied_values` of its source.
        copies: number of copies, the original included.
    """
    values, moments = dict(stats.values), dict(stats.moments)
    constants: dict[str, Array] = {}
    nodes = [_with_copies(graph, node, copied, copies, constants) for node in graph.nodes]
    for name in copied:
        if name in values:
            values[name] = repeated(values[name], copies)
    for node in graph.nodes:
        if node.output in moments and node.inputs[0] in copied:
            moments[node.output] = _repeated_moment(moments[node.output], copies, graph.type(node.inputs[0]).shape[1])
    return graph.rebuild(nodes, constants), replace(stats, values=values, moments=moments)


def repeated(stats: ValueStats, copies: int) -> ValueStats:
    """The statistics of a value with copies of all its channels."""
    order = np.tile(np.arange(len(stats.low)), copies)
    return replace(
        stats, counts=stats.counts[order], low=stats.low[order], high=stats.high[order], total=stats.total[order]
    )


def _owns_constants(graph: Graph, node: Node) -> bool:
    own = all(graph.constant(n) is not None and len(graph.consumers[n]) == 1 for n in node.inputs[1:])
    return isinstance(node.op, Conv) and own and len(node.inputs) == 3


def _with_copies(graph: Graph, node: Node, copied: Collection[str], copies: int, constants: dict[str, Array]) -> Node:
    """The node with copies of its output or of its input; its new constants are added to `constants`."""
    read, made = node.inputs[0] in copied, node.output in copied
    if not isinstance(node.op, Conv) or not (read or made):
        return node
    weight, bias = (graph.constants[name] for name in node.inputs[1:])
    op = node.op
    if op.groups > 1:
        op = replace(op, groups=op.groups * copies)
    elif read:
        weight = np.concatenate([weight / np.float32(copies)] * copies, axis=1)
    if made:
        weight, bias = np.concatenate([weight] * copies), np.tile(bias, copies)
    constants |= {node.inputs[1]: weight, node.inputs[2]: bias}
    return replace(node, op=op)


def _repeated_moment(moment: Array, copies: int, channels: int) -> Array:
    """The second moment of patches with copies of all channels."""
    if moment.ndim == 3:
        return np.concatenate([moment] * copies)
    inputs = len(moment) - 1
    assert inputs % channels == 0
    order = np.append(np.tile(np.arange(inputs), copies), inputs)
    dense: Array = moment[np.ix_(order, order)]
    return dense
