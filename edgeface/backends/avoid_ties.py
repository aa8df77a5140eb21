"""Choose scales of int8 products so that float and fixed-point kernels round them the same way.

XNNPACK's int8 MUL multiplies the integer product by s_a·s_b/s_out: as a float32 on x86, by a fixed-point number on ARM.
A product within float32's error of a half is rounded up by one and down by the other, and one such step, early in a
network, changes its output. With a constant factor few products are possible, and a scale slightly wider than the
calibrated one, by at most 1 %, keeps all of them away from halves. Schemes list `avoid_ties` where integer kernels
multiply: in TFLite and ONNX Runtime, but not in TensorRT, which computes products in float.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from edgeface.graph.ir import Graph, Node
from edgeface.graph.ops.arithmetic import Mul
from edgeface.graph.types import Array
from edgeface.quantize.plan import QParams, QuantPlan

STEP = 1e-4
TRIES = 100
MARGIN = 4.0
"""Minimum distance of a product from a half, in float32 spacings: three roundings contribute."""


def avoid_ties(graph: Graph, plan: QuantPlan) -> QuantPlan:
    """The plan with the scales of such products widened where needed, as little as possible.

    Values that share parameters with others, and those for which no scale works, keep theirs.

    Args:
        graph: the quantized graph.
        plan: parameters of its values and constants.
    """
    params = dict(plan.params)
    for node in graph.nodes:
        products = _products(graph, node, plan)
        made = params.get(node.output)
        alone = made is not None and sum(other == made for other in plan.params.values()) == 1
        if products is not None and made is not None and alone:
            read = [params[name].scale[0] for name in node.inputs]
            params[node.output] = _widened(made, products, read[0] * read[1])
    return replace(plan, params=params)


def near_ties(products: Array, ratio: float) -> int:
    """The number of integer products that, times `ratio`, are within float32's error of a half."""
    real = products * ratio
    from_half = np.abs(real - np.floor(real) - 0.5)
    spacing = np.spacing(np.abs(real).astype(np.float32)).astype(np.float64)
    return int((from_half < MARGIN * spacing).sum())


def _widened(made: QParams, products: Array, scale: float) -> QParams:
    for step in range(TRIES + 1):
        wider = float(np.float32(made.scale[0] * (1 + step * STEP)))
        if not near_ties(products, scale / wider):
            return replace(made, scale=(wider,))
    return made


def _products(graph: Graph, node: Node, plan: QuantPlan) -> Array | None:
    """All possible integer products of an int8 MUL by a constant; None for other nodes."""
    if not isinstance(node.op, Mul) or node.output in plan.kept_float or len(node.inputs) != 2:
        return None
    constants = [name for name in node.inputs if name in graph.constants]
    values = [name for name in node.inputs if name not in graph.constants]
    if len(constants) != 1 or not all(name in plan.params for name in (*node.inputs, node.output)):
        return None
    factor, value = plan.params[constants[0]], plan.params[values[0]]
    if factor.axis is not None or value.axis is not None or "int16" in (factor.dtype, value.dtype):
        return None
    factors = np.unique(factor.quantize(graph.constants[constants[0]]).astype(np.int64)) - factor.zero_point
    stored = np.arange(value.low, value.high + 1) - value.zero_point
    return np.unique(np.multiply.outer(factors, stored)).astype(np.float64)
