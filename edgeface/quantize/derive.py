"""Statistics of values that a target's own forms bring in, from what calibration saw of the graph before them.

So one calibration serves every target: what the images showed belongs to the network, and only how it is spelled
to the target.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from edgeface.graph.ir import Graph, Node
from edgeface.graph.ops.arithmetic import Mul
from edgeface.graph.ops.shape import Reshape, Transpose
from edgeface.graph.types import Array
from edgeface.quantize.histogram import bin_centres, bin_index
from edgeface.quantize.statistics import CalibrationStats, ValueStats


def derive(graph: Graph, stats: CalibrationStats) -> CalibrationStats:
    """The statistics, with those of products by a constant and of other orders, which calibration did not see.

    Args:
        graph: the graph in a target's forms.
        stats: of the graph before them; what keeps its name keeps its numbers.
    """
    values = dict(stats.values)
    for node in graph.nodes:
        source, factor = values.get(node.inputs[0]), _factor(graph, node)
        if node.output in values or source is None:
            continue
        if factor is not None:
            values[node.output] = _multiplied(source, factor, node.op.fused == "relu")
        elif isinstance(node.op, Transpose | Reshape):
            values[node.output] = _pooled(source)
    return replace(stats, values=values)


def _factor(graph: Graph, node: Node) -> Array | None:
    """What each channel is multiplied by, float64 [channels]; None where the node does something else."""
    if not isinstance(node.op, Mul) or node.op.fused == "relu6":
        return None
    data, shape = graph.constant(node.inputs[1]), graph.type(node.output).shape
    if data is None:
        return None
    spread = np.broadcast_to(data.astype(np.float64), shape)
    if len(shape) != 4:  # counted as one channel: the factor that reaches furthest stands for all
        return np.array([spread.ravel()[np.abs(spread).argmax()]])
    channels = spread[0].reshape(shape[1], -1)
    return channels[:, 0] if (channels == channels[:, :1]).all() else None


def _pooled(stats: ValueStats) -> ValueStats:
    """Statistics of the same numbers in another order, in which channels are no longer told apart: one for all."""
    bounds = np.array([stats.low.min()]), np.array([stats.high.max()])
    total, count = stats.total.sum(keepdims=True), stats.count * len(stats.total)
    return ValueStats(stats.counts.sum(axis=0, keepdims=True), *bounds, total, count)


def _multiplied(stats: ValueStats, factor: Array, relu: bool) -> ValueStats:
    """Statistics of factor·x, cut off below 0 with `relu`: bounds exactly, counts by the centres of bins."""
    ends = np.stack([stats.low * factor, stats.high * factor])
    ends = np.maximum(ends, 0.0) if relu else ends
    counts, total = np.zeros_like(stats.counts), stats.total * factor
    if counts.size:
        moved = bin_centres()[None, :] * factor[:, None]
        moved = np.maximum(moved, 0.0) if relu else moved
        rows = np.broadcast_to(np.arange(len(factor))[:, None], moved.shape)
        np.add.at(counts, (rows, bin_index(moved.astype(np.float32))), stats.counts)
        total = (stats.counts * moved).sum(axis=1) if relu else total
    elif relu:
        total = np.full_like(total, np.nan)  # only a histogram tells what is cut off
    return ValueStats(counts, ends.min(axis=0), ends.max(axis=0), total, stats.count)
