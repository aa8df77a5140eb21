"""Cross-layer equalization of the channels of activations between convolutions.

All channels of an activation share one int8 scale, so a channel with a small range uses few steps. Where only
convolutions read an activation, through functions with f(s·x) = s·f(x), channel c may be scaled by s_c: the producer's
output channel is multiplied, the readers' weights for it are divided, and the network's results stay the same.

A depthwise reader has one weight scale per channel, and a float reader none, so nothing is lost there and every channel
gets the full range. A dense int8 reader has one weight scale for all its input channels, so there the square root of
the ratio is used, as in cross-layer equalization (Nagel et al. 2019, arXiv 1906.04721), here with the ranges of
activations. A Concat along channels may join several producers before they are read.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np
from pydantic import Field

from edgeface.graph.ir import Graph, Node
from edgeface.graph.ops.activations import LeakyRelu, PRelu, Relu
from edgeface.graph.ops.arithmetic import Add, Concat, Mul
from edgeface.graph.ops.conv import Conv
from edgeface.graph.types import Array
from edgeface.quantize.algorithm import GraphCorrection, Parameters
from edgeface.quantize.histogram import BINS_PER_OCTAVE
from edgeface.quantize.statistics import CalibrationStats, ValueStats


class Equalization(Parameters):
    """`dense_share`: exponent of the ratio for dense int8 readers; `max_octaves`: limit of a channel's gain."""

    dense_share: float = Field(default=0.5, ge=0.0, le=1.0)
    max_octaves: int = Field(default=8, ge=0, le=24)


@dataclass(frozen=True)
class Link:
    """A producing convolution, the values that hold its channels, and the convolutions that read the last one.

    `values` holds names with the index of the producer's first channel, 0 unless a Concat joins several producers.
    """

    producer: Node
    values: tuple[tuple[str, int], ...]
    readers: tuple[Node, ...]


def equalize(
    graph: Graph, stats: CalibrationStats, kept_float: Collection[str], parameters: Equalization
) -> tuple[Graph, CalibrationStats]:
    """The graph with all activations between convolutions equalized, and its statistics.

    Args:
        graph: the graph that `stats` describe.
        stats: calibration statistics.
        kept_float: values whose nodes are computed in float.
        parameters: limits of the equalization.

    Returns:
        The graph with new weights, and its statistics.
    """
    values, moments = dict(stats.values), dict(stats.moments)
    weights = graph.constants
    for link in find_links(graph):
        free = all(_is_depthwise(graph, r) or r.output in kept_float for r in link.readers)
        count = graph.type(link.producer.output).shape[1]
        observed = [(stats.values[v], slice(i, i + count)) for v, i in link.values if not _stored_as_read(graph, v)]
        steps = _steps(observed, 1.0 if free else parameters.dense_share, parameters.max_octaves)
        factor = np.exp2(steps / BINS_PER_OCTAVE)
        for name, first in link.values:
            values[name] = values[name].scaled(_embed(steps, first, graph.type(name).shape[1], 0))
        for name in link.producer.inputs[1:]:
            weights[name] = _by_channel(weights[name], factor, 0)
        spread = _embed(factor, link.values[-1][1], graph.type(link.values[-1][0]).shape[1], 1.0)
        for reader in link.readers:
            axis = 0 if _is_depthwise(graph, reader) else 1
            weights[reader.inputs[1]] = _by_channel(weights[reader.inputs[1]], 1 / spread, axis)
            if reader.output in moments:
                moments[reader.output] = _scaled_moment(moments[reader.output], spread)
    return graph.rebuild(constants=weights), replace(stats, values=values, moments=moments)


def find_links(graph: Graph) -> list[Link]:
    """All links in which channels can be scaled exactly, in graph order."""
    found = (_link(graph, node) for node in graph.nodes)
    return [link for link in found if link is not None]


def _link(graph: Graph, node: Node) -> Link | None:
    if not isinstance(node.op, Conv) or node.op.fused not in {"none", "relu"} or not _owns_weights(graph, node):
        return None
    values = [(node.output, 0)]
    while True:
        name, start = values[-1]
        decomposed = _decomposed_prelu(graph, name)
        if decomposed is not None:
            values += [(made.output, start) for made in decomposed]
            continue
        reader = graph.only_reader(name)
        if reader is None or not _passes_scales(reader):
            break
        values.append((reader.output, start + _offset(graph, reader, name)))
    readers = graph.consumers[values[-1][0]]
    exact = readers and all(_owns_weights(graph, r) and _channels_align(graph, r) for r in readers)
    if not exact or values[-1][0] in graph.outputs:
        return None
    return Link(node, tuple(values), readers)


def _decomposed_prelu(graph: Graph, name: str) -> tuple[Node, ...] | None:
    """The nodes of x + max(k·x, 0), or x + s·max(k·x, 0), where they are the only readers of x."""
    readers = graph.consumers[name]
    product = next((r for r in readers if r.op == Mul("relu") and graph.constant(r.inputs[1]) is not None), None)
    total = next((r for r in readers if r.op == Add() and r.inputs[0] == name), None)
    if len(readers) != 2 or product is None or total is None or name in graph.outputs:
        return None
    following = graph.only_reader(product.output)
    if following is total:
        return product, total
    signed = following is not None and following.op == Mul() and graph.constant(following.inputs[1]) is not None
    if following is None or not signed or graph.only_reader(following.output) is not total:
        return None
    return product, following, total


def _stored_as_read(graph: Graph, name: str) -> bool:
    """Whether the reader determines the stored range: ReLU clips below 0, Concat sets the scale."""
    reader = graph.only_reader(name)
    return reader is not None and isinstance(reader.op, Relu | Concat)


def _passes_scales(node: Node) -> bool:
    """Whether scaling channels before the node equals scaling them after it."""
    joins = isinstance(node.op, Concat) and node.op.axis == 1 and len(set(node.inputs)) == len(node.inputs)
    return joins or isinstance(node.op, Relu | LeakyRelu | PRelu)


def _offset(graph: Graph, node: Node, name: str) -> int:
    """Number of channels that precede a value's in a Concat; 0 for any other node."""
    if not isinstance(node.op, Concat):
        return 0
    return sum(graph.type(other).shape[1] for other in node.inputs[: node.inputs.index(name)])


def _owns_weights(graph: Graph, node: Node) -> bool:
    """Whether a convolution's weights are constants without other readers."""
    if not isinstance(node.op, Conv):
        return False
    return all(graph.constant(n) is not None and len(graph.consumers[n]) == 1 for n in node.inputs[1:])


def _channels_align(graph: Graph, node: Node) -> bool:
    """Whether each input channel has its own weights: dense, or depthwise with one filter per channel."""
    assert isinstance(node.op, Conv)
    return node.op.groups == 1 or _is_depthwise(graph, node)


def _is_depthwise(graph: Graph, node: Node) -> bool:
    assert isinstance(node.op, Conv)
    weight = graph.type(node.inputs[1]).shape
    return node.op.is_depthwise(weight) and weight[0] == node.op.groups


def _steps(observed: Sequence[tuple[ValueStats, slice]], share: float, max_octaves: int) -> Array:
    """For each of the producer's channels, the power of 2^(1/16) that moves its reach towards the largest one.

    A channel's reach is its maximum share of the range over the link's values: before an activation with a small
    negative slope it may be far larger than after.
    """
    shares = []
    for stats, own in observed:
        reach = np.maximum(np.abs(stats.low), np.abs(stats.high))
        shares.append(reach[own] / max(float(reach.max()), 1e-30))
    largest = np.maximum.reduce(shares)
    octaves = np.clip(-np.log2(np.maximum(largest, 1e-12)), 0, max_octaves)
    steps: Array = np.rint(np.where(largest > 0, octaves, 0) * share * BINS_PER_OCTAVE).astype(np.int64)
    return steps


def _embed(own: Array, start: int, count: int, neutral: float) -> Array:
    """The factors or steps of some channels among `count`, the others neutral."""
    spread = np.full(count, neutral, own.dtype)
    spread[start : start + len(own)] = own
    return spread


def _by_channel(data: Array, factor: Array, axis: int) -> Array:
    shape = [-1 if i == axis else 1 for i in range(data.ndim)]
    scaled: Array = (data * factor.reshape(shape)).astype(np.float32)
    return scaled


def _scaled_moment(moment: Array, factor: Array) -> Array:
    """The second moment of patches whose channels were scaled."""
    if moment.ndim == 3:
        size = moment.shape[1]
        spread = np.concatenate([np.repeat(factor[:, None], size - 1, axis=1), np.ones((len(factor), 1))], axis=1)
        depthwise: Array = moment * spread[:, :, None] * spread[:, None, :]
        return depthwise
    spread = np.append(np.repeat(factor, (len(moment) - 1) // len(factor)), 1.0)
    dense: Array = moment * spread[:, None] * spread[None, :]
    return dense


ALGORITHM = GraphCorrection(equalize, Equalization, needs=("ranges",))
