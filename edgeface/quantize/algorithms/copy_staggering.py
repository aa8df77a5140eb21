"""Staggered copies: channels that compute the same are rounded at different points.

Copies that are rounded alike tell no more than one. The biases of n copies are moved by (i + 1/2)/n − 1/2 of the
output's step, so that the mean of the rounded copies has steps n times as fine: the quantization-aware split of outlier
channel splitting (Zhao et al. 2019, arXiv 1901.09504). The moves add up to zero, and none exceeds half a step, so that
after a ReLU what is zero stays zero.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from edgeface.graph.ir import Graph, Node
from edgeface.graph.ops.conv import Conv
from edgeface.graph.types import Array
from edgeface.quantize.algorithm import Parameters, WeightCorrection
from edgeface.quantize.copied_channels import is_channelwise, is_dense
from edgeface.quantize.plan import QuantPlan
from edgeface.quantize.statistics import CalibrationStats


class Staggering(Parameters):
    """It has no parameters."""


def stagger(graph: Graph, plan: QuantPlan, stats: CalibrationStats, parameters: Staggering) -> Graph:  # noqa: ARG001
    """The graph with the biases of equal channels moved by parts of their output's step.

    Args:
        graph: the graph to change.
        plan: with the scales of activations; what it keeps in float is unchanged.
        stats: not used.
        parameters: none.
    """
    constants: dict[str, Array] = {}
    for name, kinds in equal_channels(graph).items():
        node = graph.producers[name]
        if isinstance(node.op, Conv) and name in plan.params and name not in plan.kept_float:
            moves = _shares(kinds) * plan.params[name].scale[0]
            constants[node.inputs[2]] = (graph.constants[node.inputs[2]] + moves).astype(np.float32)
    return graph.rebuild(constants=constants)


def equal_channels(graph: Graph) -> dict[str, Array]:
    """By value, a number for each channel, the same for channels that compute the same: int [channels].

    Only values with equal channels are listed: results of convolutions, and of what computes each channel from one.
    """
    found: dict[str, Array] = {}
    for node in graph.nodes:
        if is_dense(graph, node):
            kinds = _numbered(_rows(graph, node))
        elif node.inputs[0] in found and is_channelwise(graph, node):
            before = found[node.inputs[0]].tolist()
            rows = _rows(graph, node) if isinstance(node.op, Conv) else [b""] * len(before)
            kinds = _numbered(list(zip(before, rows, strict=True)))
        else:
            continue
        if len(set(kinds.tolist())) < len(kinds):
            found[node.output] = kinds
    return found


def _rows(graph: Graph, node: Node) -> list[bytes]:
    """The weights and the bias of each output channel."""
    weight, bias = (graph.constants[name] for name in node.inputs[1:])
    return [row.tobytes() + number.tobytes() for row, number in zip(weight, bias, strict=True)]


def _numbered(keys: Sequence[object]) -> Array:
    numbers: dict[object, int] = {}
    return np.array([numbers.setdefault(key, len(numbers)) for key in keys])


def _shares(kinds: Array) -> Array:
    """By how much of a step each channel's rounding is moved: symmetric around zero among equal ones."""
    shares = np.zeros(len(kinds))
    for kind in np.unique(kinds):
        members = np.flatnonzero(kinds == kind)
        shares[members] = (np.arange(len(members)) + 0.5) / len(members) - 0.5
    return shares


ALGORITHM = WeightCorrection(stagger, Staggering, needs=())
