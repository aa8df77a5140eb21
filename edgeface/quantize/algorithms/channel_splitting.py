"""Channel splitting: narrow layers compute their channels several times, so that integers keep more of each.

Int8 has 255 steps for a channel. Copies that are rounded at different points, of which the readers take the mean, have
that many times more, and so do the readers' weights: outlier channel splitting with its quantization-aware split (Zhao
et al. 2019, arXiv 1901.09504), here of whole layers whose few channels carry everything that follows. In float the
network computes the same. `copy_staggering` moves the points of rounding. With --integer-only, what the recipe would
compute in float is split instead.

Copies pass through activations and depthwise convolutions up to dense convolutions; a convolution before a sigmoid is
split, too, because a score near a threshold needs finer steps than a logit has.
"""

from __future__ import annotations

from collections.abc import Collection
from fnmatch import fnmatchcase

from pydantic import Field

from edgeface.graph.ir import Graph
from edgeface.graph.ops.activations import LeakyRelu
from edgeface.quantize.algorithm import GraphCorrection, Parameters
from edgeface.quantize.copied_channels import copied_values, copy_channels
from edgeface.quantize.copied_logits import copy_logits
from edgeface.quantize.statistics import CalibrationStats


class Splitting(Parameters):
    """What is split, and into how many copies.

    Wider layers lose less to rounding, and cost more to compute twice; a LeakyReLU rounds once more, so that copies of
    wider ones gained nothing (three trainings measured).
    """

    nodes: tuple[str, ...] = Field(default=(), description="Patterns of node names; none splits nothing.")
    copies: int = Field(default=2, ge=1, le=8, description="Copies of every channel; 1 splits nothing.")
    max_channels: int = Field(default=64, ge=1, description="Convolutions with more channels are not split.")
    max_leaky: int = Field(default=16, ge=1, description="The same where a LeakyReLU follows.")
    logit_copies: int = Field(default=4, ge=1, le=8, description="Copies of logits.")


def split_channels(
    graph: Graph, stats: CalibrationStats, kept_float: Collection[str], parameters: Splitting
) -> tuple[Graph, CalibrationStats]:
    """The graph with copies of channels and logits, and its statistics.

    Args:
        graph: the graph that `stats` describe.
        stats: calibration statistics.
        kept_float: values whose nodes are computed in float, which are not split.
        parameters: what is split, and into how many.
    """
    matched = [n for n in graph.nodes if any(fnmatchcase(n.origin, pattern) for pattern in parameters.nodes)]
    allowed = {node.output for node in matched} - set(kept_float)
    images = {name for name in allowed if graph.type(name).rank == 4}
    copied: set[str] = set()
    for node in matched:
        found = copied_values(graph, node, images)
        leaky = any(isinstance(graph.producers[name].op, LeakyRelu) for name in found)
        if found and graph.type(node.output).shape[1] <= (parameters.max_leaky if leaky else parameters.max_channels):
            copied |= set(found)
    if copied and parameters.copies > 1:
        graph, stats = copy_channels(graph, stats, copied, parameters.copies)
    if allowed and parameters.logit_copies > 1:
        graph, stats = copy_logits(graph, stats, allowed, parameters.logit_copies)
    return graph, stats


ALGORITHM = GraphCorrection(split_channels, Splitting, needs=("ranges",))
