"""Cross-layer equalization of the channels of activations between convolutions.

All channels of an activation share one int8 scale, so a channel with a small range uses few steps. Where only
convolutions make and read channels, through functions with f(s·x) = s·f(x), channel c may be scaled by s_c: the
producers' output channels are multiplied, the readers' weights for them divided, and the network's results stay the
same (Nagel et al. 2019, arXiv 1906.04721, there between two layers). Here channels that additions, concatenations and
resizing tie together are scaled together, so the stream of a residual network and the levels of a feature pyramid too.

Equal ranges are not the aim: a dense int8 reader has one weight scale for all its input channels, and noise on one
channel matters more than on another. So the scales are searched that leave the least noise at the network's outputs
(`quantize.scale_search`), weighed by how much of it arrives there (`quantize.noise_gain`).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import numpy as np
from pydantic import Field

from edgeface.graph.ir import Graph
from edgeface.graph.ops.conv import Conv
from edgeface.graph.types import Array
from edgeface.quantize.algorithm import GraphCorrection, Parameters
from edgeface.quantize.channel_classes import ChannelClasses, classify_channels, owns_weights
from edgeface.quantize.histogram import BINS_PER_OCTAVE
from edgeface.quantize.noise_gain import noise_gains
from edgeface.quantize.patches import scaled_moment
from edgeface.quantize.rounding_noise import reading_convolutions, rounded_activations
from edgeface.quantize.scale_search import search_scales
from edgeface.quantize.statistics import CalibrationStats

START = 0.5
"""Exponent of a channel's share of the range that the search starts from."""


class Equalization(Parameters):
    """Parameters of the search; the largest numbers of channels that are seldom active are seldom seen."""

    max_octaves: int = Field(default=8, ge=0, le=24, description="Limit of a channel's gain, in powers of two.")
    weight_noise: float = Field(
        default=4.0,
        ge=0.0,
        le=100.0,
        description="Times the noise of rounded weights that second moments predict: on other images they err more.",
    )
    caution: float = Field(
        default=0.1,
        ge=0.0,
        le=1.0,
        description="Exponent of a channel's share of the range by which its reach counts as larger than it was seen.",
    )
    margin: float = Field(
        default=0.2,
        ge=0.0,
        le=10.0,
        description="A channel that a ReLU6 clips is scaled only where 6 stays so far above what was seen, as a share.",
    )


def equalize(
    graph: Graph, stats: CalibrationStats, kept_float: Collection[str], parameters: Equalization
) -> tuple[Graph, CalibrationStats]:
    """The graph with the channels of activations between convolutions scaled, and its statistics.

    Args:
        graph: the graph that `stats` describe.
        stats: calibration statistics.
        kept_float: values whose nodes are computed in float.
        parameters: of the search.

    Returns:
        The graph with new weights, and its statistics.
    """
    classes, gains = classify_channels(graph), noise_gains(graph, stats)
    rounded = rounded_activations(graph, stats, kept_float, classes, gains, parameters.caution)
    read = reading_convolutions(graph, stats, kept_float, classes, gains, parameters.weight_noise)
    share = np.zeros(len(classes.free))
    for value in rounded:
        reach = np.maximum(value.below, value.above)
        np.maximum.at(share, value.classes, reach / max(float(reach.max()), 1e-30))
    room = _room(stats, classes, parameters.margin)
    free, most = classes.free & (share > 0) & (room > 0), parameters.max_octaves * np.log(2)
    start = -START * np.log(np.maximum(share, 1e-12))
    found = search_scales(rounded, read, start, free, (np.full(len(free), -most), np.minimum(room, most)))
    steps = np.floor(found / np.log(2) * BINS_PER_OCTAVE + 0.5).astype(np.int64)
    return scale_channels(graph, stats, classes, steps)


def scale_channels(
    graph: Graph, stats: CalibrationStats, classes: ChannelClasses, steps: Array
) -> tuple[Graph, CalibrationStats]:
    """The graph with each class of channels scaled by 2^(steps/16), and its statistics.

    Args:
        graph: the graph that `stats` describe.
        stats: calibration statistics.
        classes: of the graph's channels; only free ones may have steps other than 0.
        steps: int64 [classes].
    """
    values, moments, weights = dict(stats.values), dict(stats.moments), graph.constants
    factor = np.exp2(steps / BINS_PER_OCTAVE)
    for name, own in classes.of.items():
        if name in values and steps[own].any():
            values[name] = values[name].scaled(steps[own])
    for node in graph.nodes:
        if not owns_weights(graph, node):
            continue
        assert isinstance(node.op, Conv)
        made, read = factor[classes.of[node.output]], factor[classes.of[node.inputs[0]]]
        if (made != 1).any():
            for name in node.inputs[1:]:
                weights[name] = _by_channel(weights[name], made)
        if (read != 1).any():
            weights[node.inputs[1]] = _by_input(weights[node.inputs[1]], 1 / read, node.op.groups)
            if node.output in moments:
                moments[node.output] = scaled_moment(moments[node.output], read)
    return graph.rebuild(constants=weights), replace(stats, values=values, moments=moments)


def _room(stats: CalibrationStats, classes: ChannelClasses, margin: float) -> Array:
    """The logarithm by which each class may grow before what clips at 6 clips it: below 0 where it does so already."""
    room = np.full(len(classes.free), np.inf)
    for name in classes.clipped:
        if name in classes.of:
            reach = np.maximum(stats.values[name].high, 1e-12) * (1 + margin)
            np.minimum.at(room, classes.of[name], np.log(6.0 / reach))
    return room


def _by_channel(data: Array, factor: Array) -> Array:
    scaled: Array = (data * factor.reshape(-1, *[1] * (data.ndim - 1))).astype(np.float32)
    return scaled


def _by_input(weight: Array, factor: Array, groups: int) -> Array:
    """Weights [M, C/G, kh, kw] times the factor of their input channel."""
    grouped = weight.reshape(groups, -1, *weight.shape[1:])
    scaled = grouped * factor.reshape(groups, 1, -1, 1, 1)
    result: Array = scaled.reshape(weight.shape).astype(np.float32)
    return result


ALGORITHM = GraphCorrection(equalize, Equalization, needs=("ranges", "histograms", "second_moments"))
