"""Equalise the channels of activations between convolutions.

One int8 scale serves all channels of an activation, so a channel with a small range is left with few steps. Where only
convolutions read an activation, through functions with f(s·x) = s·f(x), channel c may be scaled by s_c: the producer's
output channel is multiplied, the readers' weights for it are divided, and the network computes the same.

A depthwise reader has a weight scale for each channel, so nothing is lost and every channel gets the full range. A
dense reader shares one weight scale among its input channels, so there the square root of the ratio is taken, as in
cross-layer equalisation (Nagel et al. 2019, arXiv 1906.04721), here with the ranges of activations.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from edgeface.graph.ir import Graph, Node
from edgeface.graph.ops.activations import LeakyRelu, PRelu, Relu
from edgeface.graph.ops.conv import Conv
from edgeface.graph.types import Array
from edgeface.quantize.statistics import BINS_PER_OCTAVE, CalibrationStats, ValueStats

MAX_OCTAVES = 8
DENSE_SHARE = 0.5


@dataclass(frozen=True)
class Link:
    """A producing convolution, the activations after it, and the convolutions that read the last value."""

    producer: Node
    values: tuple[str, ...]
    readers: tuple[Node, ...]


def equalize(graph: Graph, stats: CalibrationStats) -> tuple[Graph, CalibrationStats]:
    """Equalise every activation between convolutions; the new graph, and the statistics that it has."""
    values, moments = dict(stats.values), dict(stats.moments)
    weights = graph.constants
    for link in find_links(graph):
        steps = _steps(values[link.values[-1]], all(_is_depthwise(graph, r) for r in link.readers))
        factor = np.exp2(steps / BINS_PER_OCTAVE)
        for name in link.values:
            values[name] = values[name].scaled(steps)
        for name in link.producer.inputs[1:]:
            weights[name] = _by_channel(weights[name], factor, 0)
        for reader in link.readers:
            depthwise = _is_depthwise(graph, reader)
            weights[reader.inputs[1]] = _by_channel(weights[reader.inputs[1]], 1 / factor, 0 if depthwise else 1)
            if reader.output in moments:
                moments[reader.output] = _scaled_moment(moments[reader.output], factor)
    return graph.rebuild(constants=weights), CalibrationStats(values, moments, stats.images, stats.graph_digest)


def find_links(graph: Graph) -> list[Link]:
    """Every place where channels may be scaled exactly, in graph order."""
    found = (_link(graph, node) for node in graph.nodes)
    return [link for link in found if link is not None]


def _link(graph: Graph, node: Node) -> Link | None:
    if not isinstance(node.op, Conv) or node.op.fused not in {"none", "relu"} or not _owns_weights(graph, node):
        return None
    names = [node.output]
    while True:
        reader = graph.only_reader(names[-1])
        if reader is None or not isinstance(reader.op, Relu | LeakyRelu | PRelu):
            break
        names.append(reader.output)
    readers = graph.consumers[names[-1]]
    exact = readers and all(_owns_weights(graph, r) and _channels_align(graph, r) for r in readers)
    if not exact or names[-1] in graph.outputs:
        return None
    return Link(node, tuple(names), readers)


def _owns_weights(graph: Graph, node: Node) -> bool:
    """Whether a convolution's weights are constants that no other node reads."""
    if not isinstance(node.op, Conv):
        return False
    return all(graph.constant(n) is not None and len(graph.consumers[n]) == 1 for n in node.inputs[1:])


def _channels_align(graph: Graph, node: Node) -> bool:
    """Whether each input channel has weights of its own: dense, or depthwise with one filter a channel."""
    assert isinstance(node.op, Conv)
    return node.op.groups == 1 or _is_depthwise(graph, node)


def _is_depthwise(graph: Graph, node: Node) -> bool:
    assert isinstance(node.op, Conv)
    weight = graph.type(node.inputs[1]).shape
    return node.op.is_depthwise(weight) and weight[0] == node.op.groups


def _steps(stats: ValueStats, depthwise: bool) -> Array:
    """For each channel the power of 2^(1/16) that brings its reach towards the largest channel's."""
    reach = np.maximum(np.abs(stats.low), np.abs(stats.high))
    if reach.max() <= 0:
        return np.zeros(len(reach), np.int64)
    octaves = np.minimum(np.log2(reach.max() / np.maximum(reach, 1e-12)), MAX_OCTAVES)
    steps: Array = np.rint(octaves * (1.0 if depthwise else DENSE_SHARE) * BINS_PER_OCTAVE).astype(np.int64)
    return steps


def _by_channel(data: Array, factor: Array, axis: int) -> Array:
    shape = [-1 if i == axis else 1 for i in range(data.ndim)]
    scaled: Array = (data * factor.reshape(shape)).astype(np.float32)
    return scaled


def _scaled_moment(moment: Array, factor: Array) -> Array:
    """The moment of patches whose channels were scaled."""
    if moment.ndim == 3:
        size = moment.shape[1]
        spread = np.concatenate([np.repeat(factor[:, None], size - 1, axis=1), np.ones((len(factor), 1))], axis=1)
        depthwise: Array = moment * spread[:, :, None] * spread[:, None, :]
        return depthwise
    spread = np.append(np.repeat(factor, (len(moment) - 1) // len(factor)), 1.0)
    dense: Array = moment * spread[:, None] * spread[None, :]
    return dense
