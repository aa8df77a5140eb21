"""Derive statistics of values that a target's decompositions add, from those of the original graph.

This way one calibration serves all targets: the statistics belong to the network, and only its decomposition belongs to
the target.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from edgeface.graph.ir import Graph, Node
from edgeface.graph.ops.arithmetic import Mul
from edgeface.graph.ops.moves import MOVES, REARRANGING
from edgeface.graph.types import Array
from edgeface.quantize.binning import bin_index
from edgeface.quantize.histogram import bin_centers
from edgeface.quantize.statistics import CalibrationStats, ValueStats


def derive(graph: Graph, stats: CalibrationStats) -> CalibrationStats:
    """The statistics, extended by those of products with a constant and of reordered values.

    Args:
        graph: the graph with a target's decompositions.
        stats: of the original graph; values that keep their names keep their statistics.
    """
    values = dict(stats.values)
    for node in graph.nodes:
        source, factor = values.get(node.inputs[0]), _factor(graph, node)
        if node.output in values or source is None:
            continue
        if factor is not None:
            values[node.output] = _multiplied(source, factor, node.op.fused == "relu")
        elif isinstance(node.op, MOVES):
            pooled, shape = _pooled(source), graph.type(node.output).shape
            values[node.output] = (
                _spread(pooled, shape[1]) if isinstance(node.op, REARRANGING) and len(shape) == 4 else pooled
            )
    return replace(stats, values=values)


def _factor(graph: Graph, node: Node) -> Array | None:
    """The factor of each channel, float64 [channels]; None where the node is not such a product."""
    if not isinstance(node.op, Mul) or node.op.fused == "relu6":
        return None
    data, shape = graph.constant(node.inputs[1]), graph.type(node.output).shape
    if data is None:
        return None
    spread = np.broadcast_to(data.astype(np.float64), shape)
    if len(shape) != 4:  # counted as one channel: the factor with the largest magnitude represents all
        return np.array([spread.ravel()[np.abs(spread).argmax()]])
    channels = spread[0].reshape(shape[1], -1)
    return channels[:, 0] if (channels == channels[:, :1]).all() else None


def _pooled(stats: ValueStats) -> ValueStats:
    """Statistics of the same numbers reordered so that channels are mixed: one channel for all."""
    bounds = np.array([stats.low.min()]), np.array([stats.high.max()])
    total, count = stats.total.sum(keepdims=True), stats.count * len(stats.total)
    return ValueStats(stats.counts.sum(axis=0, keepdims=True), *bounds, total, count)


def _spread(stats: ValueStats, channels: int) -> ValueStats:
    """Statistics of one channel for each of several, where which number went to which is not followed."""
    low, high, total = (np.repeat(numbers, channels) for numbers in (stats.low, stats.high, stats.total))
    return ValueStats(np.repeat(stats.counts, channels, axis=0), low, high, total, stats.count)


def _multiplied(stats: ValueStats, factor: Array, relu: bool) -> ValueStats:
    """Statistics of factor·x, clipped below 0 with `relu`: exact bounds, counts by bin centers."""
    ends = np.stack([stats.low * factor, stats.high * factor])
    ends = np.maximum(ends, 0.0) if relu else ends
    counts, total = np.zeros_like(stats.counts), stats.total * factor
    if counts.size:
        moved = bin_centers()[None, :] * factor[:, None]
        moved = np.maximum(moved, 0.0) if relu else moved
        rows = np.broadcast_to(np.arange(len(factor))[:, None], moved.shape)
        np.add.at(counts, (rows, bin_index(moved.astype(np.float32))), stats.counts)
        total = (stats.counts * moved).sum(axis=1) if relu else total
    elif relu:
        total = np.full_like(total, np.nan)  # the clipped part is known only from a histogram
    return ValueStats(counts, ends.min(axis=0), ends.max(axis=0), total, stats.count)
