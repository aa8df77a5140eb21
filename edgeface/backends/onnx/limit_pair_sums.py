"""Limit pair sums of weights, so that x86 cores without VNNI multiply without saturation.

Their instruction adds two products of an unsigned activation (up to 255) and a signed weight in 16 bits, so two paired
weights of one sign may add up to at most 128. Halving every weight's range ("reduce_range") ensures that and costs a
bit everywhere; here only the scales of channels that exceed the limit grow. Pairs are as ONNX Runtime's kernels pack
them: the inputs of one output, channels last, in pairs from the first. tests/conformance/test_older_processors.py runs
such weights on an emulated processor without VNNI.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from edgeface.graph.ir import Graph
from edgeface.graph.ops.conv import Conv, Gemm
from edgeface.graph.types import Array
from edgeface.quantize.plan import QParams, QuantPlan

PAIR_LIMIT = 128
GROWTH = 1.03
SLACK = 4
"""Reserve, in steps, for what second-moment rounding adds to a pair of weights."""


def pair_reach(weight: Array) -> Array:
    """The maximum sum of two paired weights of one sign per output channel: [M], never negative.

    Args:
        weight: [M,C,kh,kw] or [M,K], real or in integer steps.
    """
    exact = weight.astype(np.float64)
    flat = (exact.transpose(0, 2, 3, 1) if weight.ndim == 4 else exact).reshape(len(weight), -1)
    if flat.shape[1] % 2:
        flat = np.pad(flat, ((0, 0), (0, 1)))
    sums = [np.maximum(signed, 0).reshape(len(flat), -1, 2).sum(axis=2) for signed in (flat, -flat)]
    found: Array = np.maximum(*(one.max(axis=1, initial=0) for one in sums))
    return found


def is_depthwise(weight: Array) -> bool:
    """Whether filters have one input channel: their kernels do not use this instruction."""
    return weight.ndim == 4 and weight.shape[1] == 1


def spread_pairs(graph: Graph, plan: QuantPlan) -> QuantPlan:
    """The plan with scales at which weights rounded to nearest stay within the limit.

    Args:
        graph: with unrounded weights.
        plan: scales of weights, among others.
    """
    raised: dict[str, QParams] = {}
    for name, weight in _paired(graph, plan):
        scale = np.maximum(np.array(plan.params[name].scale), pair_reach(weight) / (PAIR_LIMIT - SLACK))
        raised[name] = _rescaled(plan.params[name], scale)
    return replace(plan, params={**plan.params, **raised})


def limit_pair_sums(graph: Graph, plan: QuantPlan) -> QuantPlan | None:
    """A plan with larger scales for channels whose rounded weights exceed the limit; None if there are none.

    Args:
        graph: with weights on the grids of the plan.
        plan: scales of weights, among others.
    """
    raised: dict[str, QParams] = {}
    for name, weight in _paired(graph, plan):
        params = plan.params[name]
        over = pair_reach(params.quantize(weight)) > PAIR_LIMIT
        if over.any():
            raised[name] = _rescaled(params, np.where(over, np.array(params.scale) * GROWTH, params.scale))
    return replace(plan, params={**plan.params, **raised}) if raised else None


def _paired(graph: Graph, plan: QuantPlan) -> Iterator[tuple[str, Array]]:
    """The weights that are multiplied in pairs, with their names."""
    for node in graph.nodes:
        if not isinstance(node.op, Conv | Gemm) or node.output in plan.kept_float or node.inputs[1] not in plan.params:
            continue
        weight = graph.constants[node.inputs[1]]
        if not is_depthwise(weight):
            yield node.inputs[1], weight


def _rescaled(params: QParams, scale: Array) -> QParams:
    return replace(params, scale=tuple(scale.astype(np.float32).tolist()))
