"""Weights that x86 cores without VNNI multiply without saturating.

Their instruction adds two products of an unsigned activation (up to 255) and a signed weight in 16 bits, so two paired
weights of one sign may add up to 128 at most. Halving every weight's range ("reduce_range") keeps that and costs a bit
everywhere; here only the scale of a channel that would break it is raised. Pairs are as ONNX Runtime's kernels pack
them: the inputs of one output, channels last, two by two from the first on. tests/conformance/test_older_processors.py
runs such weights on an emulated processor without VNNI.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from edgeface.graph.ir import Graph
from edgeface.graph.ops.conv import Conv, Gemm
from edgeface.graph.types import Array
from edgeface.quantize.plan import QParams, QuantPlan

PAIR_LIMIT = 128
GROWTH = 1.03


def pair_reach(weight: Array) -> Array:
    """For each output channel the largest sum of two paired weights of one sign: [M], never negative.

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
    """Whether filters have one input channel: their kernels multiply without this instruction."""
    return weight.ndim == 4 and weight.shape[1] == 1


def limit_pair_sums(graph: Graph, plan: QuantPlan, pair_limit: int) -> QuantPlan | None:
    """A plan with larger scales for the channels whose rounded weights break the limit; None where none does.

    Args:
        graph: with its weights on the grids of the plan.
        plan: scales of weights, among others.
        pair_limit: what two paired steps of one sign may add up to.
    """
    raised: dict[str, QParams] = {}
    for node in graph.nodes:
        if not isinstance(node.op, Conv | Gemm) or node.output in plan.kept_float or node.inputs[1] not in plan.params:
            continue
        weight, params = graph.constants[node.inputs[1]], plan.params[node.inputs[1]]
        over = pair_reach(params.quantize(weight)) > pair_limit
        if over.any() and not is_depthwise(weight):
            scale = np.where(over, np.array(params.scale) * GROWTH, params.scale)
            raised[node.inputs[1]] = replace(params, scale=tuple(scale.astype(np.float32).tolist()))
    return QuantPlan({**plan.params, **raised}, plan.kept_float) if raised else None
