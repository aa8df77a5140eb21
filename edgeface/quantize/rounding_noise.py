"""Where rounding to int8 adds noise that depends on the scales of channels, as `scale_search` weighs it."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np

from edgeface.graph.ir import Graph
from edgeface.graph.ops.activations import LeakyRelu, Relu
from edgeface.graph.ops.arithmetic import Concat
from edgeface.graph.ops.conv import Conv
from edgeface.graph.ops.moves import REARRANGING
from edgeface.graph.ops.spatial import MaxPool, Resize
from edgeface.graph.types import Array
from edgeface.quantize.channel_classes import ChannelClasses, owns_weights
from edgeface.quantize.least_squares import clip_below
from edgeface.quantize.noise_gain import squared_slope
from edgeface.quantize.patches import independent_power
from edgeface.quantize.scale_search import Read, Rounded
from edgeface.quantize.scheme import INT8_STEPS
from edgeface.quantize.statistics import CalibrationStats

_MOVES = (Concat, Resize, MaxPool, *REARRANGING)
"""Ops whose outputs hold the numbers of their inputs, which were rounded before."""

_WEIGHT_STEPS = 127
_VARIANCE = 1 / 12
"""Of rounding, in squared steps."""

Gains = Mapping[str, Array]


def rounded_activations(
    graph: Graph,
    stats: CalibrationStats,
    kept_float: Collection[str],
    classes: ChannelClasses,
    gains: Gains,
    caution: float,
) -> list[Rounded]:
    """The activations with free channels that are rounded on their own.

    Args:
        graph: the graph that `stats` describe.
        stats: calibration statistics.
        kept_float: values that are computed in float.
        classes: of the graph's channels.
        gains: of noise on each channel, by value.
        caution: exponent of a channel's share of the range by which its reach counts as larger than it was seen.
    """
    found = []
    for name, own in classes.of.items():
        if name not in stats.values or not classes.free[own].any() or not _is_rounded(graph, name, kept_float):
            continue
        seen, reader = stats.values[name], graph.only_reader(name)
        below, above = np.maximum(-seen.low, 0.0), np.maximum(seen.high, 0.0)
        if reader is not None and isinstance(reader.op, LeakyRelu) and seen.counts.size:
            below = np.minimum(below, -clip_below(seen, seen.range, reader.op.alpha)[0])
        reach = np.maximum(below, above)
        unsure = np.maximum(reach / max(float(reach.max()), 1e-30), 1e-12) ** -caution
        found.append(Rounded(own, below * unsure, above * unsure, gains[name] * _VARIANCE / INT8_STEPS**2))
    return found


def reading_convolutions(
    graph: Graph,
    stats: CalibrationStats,
    kept_float: Collection[str],
    classes: ChannelClasses,
    gains: Gains,
    weight_noise: float,
) -> list[Read]:
    """The dense integer convolutions that read free channels.

    Args:
        graph: the graph that `stats` describe.
        stats: with second moments; a convolution without is left out.
        kept_float: values that are computed in float.
        classes: of the graph's channels.
        gains: of noise on each channel, by value.
        weight_noise: factor of the noise that second moments predict.
    """
    found = []
    for node in graph.nodes:
        if not owns_weights(graph, node) or node.output in kept_float or node.output not in stats.moments:
            continue
        assert isinstance(node.op, Conv)
        own, weight, groups = classes.of[node.inputs[0]], graph.constants[node.inputs[1]], node.op.groups
        if weight.shape[1] == 1 or not classes.free[own].any():
            continue
        largest = np.abs(weight).max(axis=(2, 3)).astype(np.float64).reshape(groups, -1, weight.shape[1])
        power = independent_power(stats.moments[node.output], len(own)).reshape(groups, -1)
        passed = gains[node.output] * squared_slope(graph, node, stats)
        scaled = (passed * weight_noise * _VARIANCE / _WEIGHT_STEPS**2).reshape(groups, -1)
        found.append(Read(own.reshape(groups, -1), largest, power, scaled))
    return found


def _is_rounded(graph: Graph, name: str, kept_float: Collection[str]) -> bool:
    """Whether an integer reads the value, unless it was rounded before or a ReLU decides its range."""
    node, readers = graph.producers.get(name), graph.consumers[name]
    if node is None or isinstance(node.op, _MOVES):
        return False
    in_float = name in kept_float and all(reader.output in kept_float for reader in readers)
    clipped = len(readers) == 1 and isinstance(readers[0].op, Relu)
    return not in_float and not clipped
