"""How much noise on each channel of each activation matters at the network's outputs.

The gain of a channel is the error that noise of power 1 on it causes at the outputs: the sum of squares over outputs,
each relative to the output's own variance. It is followed backwards through the network. A convolution passes noise on
by its squared weights; an activation by its mean squared slope, from the histogram. Noise on different channels and
pixels counts as independent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from edgeface.graph.ir import Graph, Node
from edgeface.graph.ops.activations import Clip, LeakyRelu, PRelu, Relu
from edgeface.graph.ops.arithmetic import Add, Concat, Mul, Sub
from edgeface.graph.ops.conv import Conv
from edgeface.graph.ops.shape import Pad
from edgeface.graph.ops.spatial import AveragePool, GlobalAveragePool, MaxPool, Resize
from edgeface.graph.types import Array
from edgeface.quantize.histogram import BINS, ZERO_BIN, bin_centers
from edgeface.quantize.statistics import CalibrationStats, ValueStats


def noise_gains(graph: Graph, stats: CalibrationStats) -> dict[str, Array]:
    """The gain of each channel of each activation of rank 4, float64 [channels].

    Args:
        graph: the graph that `stats` describe.
        stats: with histograms.
    """
    gains = {n: np.zeros(graph.type(n).shape[1]) for n in graph.reals if len(graph.type(n).shape) == 4}
    for name in gains:
        if name in graph.outputs:
            gains[name] += 1 / mean_variance(stats.values[name])
    for node in reversed(graph.nodes):
        computed = [name for name in node.inputs if name in gains]
        if node.output in gains:
            found = _through(graph, node, gains[node.output] * squared_slope(graph, node, stats), computed)
        else:
            found = None
        for name in computed:
            passed_on = None if found is None else found.get(name)
            gains[name] += 1 / mean_variance(stats.values[name]) if passed_on is None else passed_on
    return gains


def mean_variance(stats: ValueStats) -> float:
    """Mean variance of the channels, from the histogram."""
    if not stats.counts.size or not stats.counts.sum():
        reach = np.maximum(np.abs(stats.low), np.abs(stats.high))
        return max(float((reach**2).mean()) / 9, 1e-30)
    shares = stats.counts / np.maximum(stats.counts.sum(axis=1, keepdims=True), 1)
    centers = bin_centers()
    variance = shares @ centers**2 - (shares @ centers) ** 2
    return max(float(variance.mean()), 1e-30)


def positive_share(stats: ValueStats) -> Array:
    """Share of each channel's numbers that are above zero, float64 [channels]."""
    if stats.counts.shape[1] != BINS:
        return np.full(len(stats.low), 0.5)
    share: Array = stats.counts[:, ZERO_BIN + 1 :].sum(axis=1) / np.maximum(stats.counts.sum(axis=1), 1)
    return share


def squared_slope(graph: Graph, node: Node, stats: CalibrationStats) -> Array | float:
    """Mean squared slope of an activation, alone or fused, by channel."""
    op, known = node.op, stats.values.get(node.output)
    if known is None or not (op.fused != "none" or isinstance(op, Relu | LeakyRelu | PRelu | Clip)):
        return 1.0
    above = positive_share(known)
    if isinstance(op, LeakyRelu):
        return above + (1 - above) * op.alpha**2
    if isinstance(op, PRelu):
        slope = np.broadcast_to(graph.constants[node.inputs[1]].reshape(-1), above.shape)
        below = np.where(slope >= 0, 1 - above, 0.5)
        return 1 - below + below * slope.astype(np.float64) ** 2
    return above


def _through(graph: Graph, node: Node, gain: Array, computed: list[str]) -> dict[str, Array] | None:
    """The gains of a node's inputs, as far as they are followed; None where the node is none of those that are."""
    op = node.op
    if isinstance(op, Conv):
        weight = graph.constant(node.inputs[1])
        return None if weight is None else {node.inputs[0]: _of_inputs(weight, gain, op.groups)}
    if isinstance(op, Concat) and op.axis == 1:
        return _parts(graph, node, gain)
    if isinstance(op, Add | Sub) and all(graph.type(n).shape[1] == len(gain) for n in computed):
        return dict.fromkeys(computed, gain)
    if isinstance(op, Pad):
        first = op.pads[1]
        return {node.inputs[0]: gain[first : first + graph.type(node.inputs[0]).shape[1]]}
    factor, name = _FACTORS.get(type(op)), node.inputs[0]
    followed = factor is not None and name in computed and graph.type(name).shape[1] == len(gain)
    return {name: gain * factor(graph, node)} if factor is not None and followed else None


def _of_inputs(weight: Array, gain: Array, groups: int) -> Array:
    """The gains of a convolution's input channels."""
    power = (weight.astype(np.float64) ** 2).sum(axis=(2, 3)).reshape(groups, -1, weight.shape[1])
    found: Array = np.einsum("gmc,gm->gc", power, gain.reshape(groups, -1)).reshape(-1)
    return found


def _parts(graph: Graph, node: Node, gain: Array) -> dict[str, Array]:
    found: dict[str, Array] = {}
    start = 0
    for name in node.inputs:
        end = start + graph.type(name).shape[1]
        found[name] = found.get(name, 0.0) + gain[start:end]
        start = end
    return found


def _mean_of(graph: Graph, node: Node) -> float:
    size = graph.type(node.inputs[0]).shape[2:] if isinstance(node.op, GlobalAveragePool) else node.op.kernel_shape  # type: ignore[attr-defined]
    return 1 / float(size[0] * size[1])


def _squared_constant(graph: Graph, node: Node) -> Array | float:
    factor = graph.constant(node.inputs[1])
    if factor is None:
        return 1.0
    shape = graph.type(node.output).shape
    squares: Array = (np.broadcast_to(factor, shape).astype(np.float64) ** 2).mean(axis=(0, 2, 3))
    return squares


def _one(_: Graph, __: Node) -> float:
    return 1.0


_FACTORS: Mapping[type, Callable[[Graph, Node], Array | float]] = {
    Relu: _one,
    LeakyRelu: _one,
    PRelu: _one,
    Clip: _one,
    Resize: _one,
    MaxPool: _one,
    AveragePool: _mean_of,
    GlobalAveragePool: _mean_of,
    Mul: _squared_constant,
}
