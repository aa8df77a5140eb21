"""The scheme of ncnn's int8: symmetric where a layer reads float numbers, with any zero where it is handed integers.

ncnn knows no zero points, so that integers of a value behind a ReLU would use half of their range. But where one
convolution hands integers to the next, both biases can move zero: the first adds `zero × scale` before it rounds, the
second subtracts what that adds to its sums, and pads with the integer that stands for zero.
"""

from __future__ import annotations

from dataclasses import replace

from edgeface.backends.ncnn.activations import fuse_activations
from edgeface.backends.ncnn.stored import leave_slow_in_float, stored_values
from edgeface.graph.ir import Graph
from edgeface.quantize.plan import Precision, QParams, QuantPlan
from edgeface.quantize.scheme import Scheme

LIMIT = 127
"""ncnn saturates at this magnitude on both sides."""
DTYPES: tuple[Precision, ...] = ("int8", "float32")
"""The emitter's supported dtypes of values."""


def place_zeros(graph: Graph, plan: QuantPlan) -> QuantPlan:
    """The plan with parameters that ncnn can express: a zero amid the steps, except for what is handed on as integers.

    Args:
        graph: the graph to emit.
        plan: asymmetric parameters of its values.
    """
    made = stored_values(graph, plan, fuse_activations(graph)[0]).values()
    shifted = {each.value for each in made if each.shifts}
    params = {
        name: _placed(found, name in shifted) if found.axis is None and name in graph.reals else found
        for name, found in plan.params.items()
    }
    return replace(plan, params=params)


def _placed(params: QParams, shifts: bool) -> QParams:
    low, high = params.range
    if not shifts:
        return QParams((float(max(-low, high, 1e-12)) / LIMIT,), 0, None, -LIMIT, LIMIT)
    scale = max(high - low, 1e-12) / (2 * LIMIT)
    zero = max(-LIMIT, min(LIMIT, round(-LIMIT - low / scale)))
    return QParams((scale,), zero, None, -LIMIT, LIMIT)


NCNN_INT8 = Scheme("static_wi8_ai8_shifted", refine=(leave_slow_in_float, place_zeros))
