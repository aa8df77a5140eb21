"""Equalize the channels of activations between convolutions.

One int8 scale serves all channels of an activation, so a channel with a small range is left with few steps. Where only
convolutions read an activation, through functions with f(s·x) = s·f(x), channel c may be scaled by s_c: the producer's
output channel is multiplied, the readers' weights for it are divided, and the network computes the same.

A depthwise reader has a weight scale for each channel, and a float reader needs none, so nothing is lost there and
every channel gets the full range. A dense int8 reader shares one weight scale among its input channels, so there the
square root of the ratio is taken, as in cross-layer equalization (Nagel et al. 2019, arXiv 1906.04721), here with the
ranges of activations. Producers may be joined by a Concat along channels before they are read.
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
    """`dense_share` of the ratio goes to what dense int8 convolutions read; no channel is raised by more octaves."""

    dense_share: float = Field(default=0.5, ge=0.0, le=1.0)
    max_octaves: int = Field(default=8, ge=0, le=24)


@dataclass(frozen=True)
class Link:
    """A producing convolution, the values that carry its channels, and the convolutions that read the last one.

    `values` are names with the index of the producer's first channel in them, 0 unless a Concat joins it to others.
    """

    producer: Node
    values: tuple[tuple[str, int], ...]
    readers: tuple[Node, ...]


def equalize(
    graph: Graph, stats: CalibrationStats, kept_float: Collection[str], parameters: Equalization
) -> tuple[Graph, CalibrationStats]:
    """Equalize every activation between convolutions.

    Args:
        graph: the graph that `stats` describe.
        stats: what calibration saw.
        kept_float: values whose nodes are computed in float.
        parameters: how far.

    Returns:
        The graph with other weights, and the statistics that it has.
    """
    values, moments = dict(stats.values), dict(stats.moments)
    weights = graph.constants
    for link in find_links(graph):
        free = all(_is_depthwise(graph, r) or r.output in kept_float for r in link.readers)
        count = graph.type(link.producer.output).shape[1]
        seen = [(stats.values[v], slice(i, i + count)) for v, i in link.values if not _stored_as_read(graph, v)]
        steps = _steps(seen, 1.0 if free else parameters.dense_share, parameters.max_octaves)
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
    """Every place where channels may be scaled exactly, in graph order."""
    found = (_link(graph, node) for node in graph.nodes)
    return [link for link in found if link is not None]


def _link(graph: Graph, node: Node) -> Link | None:
    if not isinstance(node.op, Conv) or node.op.fused not in {"none", "relu"} or not _owns_weights(graph, node):
        return None
    values = [(node.output, 0)]
    while True:
        name, start = values[-1]
        spelled = _spelled_prelu(graph, name)
        if spelled is not None:
            values += [(made.output, start) for made in spelled]
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


def _spelled_prelu(graph: Graph, name: str) -> tuple[Node, ...] | None:
    """The nodes of x + max(k·x, 0), or x + s·max(k·x, 0), where they are all that reads x."""
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
    """Whether only what its reader makes of a value counts: ReLU cuts off what lies below 0, Concat sets the scale."""
    reader = graph.only_reader(name)
    return reader is not None and isinstance(reader.op, Relu | Concat)


def _passes_scales(node: Node) -> bool:
    """Whether scaling channels before the node is scaling the same channels after it."""
    joins = isinstance(node.op, Concat) and node.op.axis == 1 and len(set(node.inputs)) == len(node.inputs)
    return joins or isinstance(node.op, Relu | LeakyRelu | PRelu)


def _offset(graph: Graph, node: Node, name: str) -> int:
    """Channels that stand before a value's own in a Concat; 0 for any other node."""
    if not isinstance(node.op, Concat):
        return 0
    return sum(graph.type(other).shape[1] for other in node.inputs[: node.inputs.index(name)])


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


def _steps(seen: Sequence[tuple[ValueStats, slice]], share: float, max_octaves: int) -> Array:
    """For each own channel the power of 2^(1/16) that brings its reach towards the largest of all channels.

    A channel's reach is its largest share of any value on the way: before an activation with a small negative slope
    it may be far larger than after.
    """
    shares = []
    for stats, own in seen:
        reach = np.maximum(np.abs(stats.low), np.abs(stats.high))
        shares.append(reach[own] / max(float(reach.max()), 1e-30))
    largest = np.maximum.reduce(shares)
    octaves = np.clip(-np.log2(np.maximum(largest, 1e-12)), 0, max_octaves)
    steps: Array = np.rint(np.where(largest > 0, octaves, 0) * share * BINS_PER_OCTAVE).astype(np.int64)
    return steps


def _embed(own: Array, start: int, count: int, neutral: float) -> Array:
    """The factors or steps of some channels among `count`, the others left alone."""
    spread = np.full(count, neutral, own.dtype)
    spread[start : start + len(own)] = own
    return spread


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


ALGORITHM = GraphCorrection(equalize, Equalization, needs=("ranges",))
