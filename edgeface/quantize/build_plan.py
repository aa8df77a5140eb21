"""Statistics × scheme → plan: a scale for every value, shared where the target requires it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from edgeface.errors import GraphError
from edgeface.graph.ir import Graph, Node
from edgeface.graph.ops.activations import Clip, LeakyRelu, Sigmoid
from edgeface.graph.ops.conv import Conv, Gemm
from edgeface.graph.types import Array
from edgeface.quantize.limit_pair_sums import is_depthwise, pair_reach
from edgeface.quantize.plan import QParams, QuantPlan
from edgeface.quantize.ranges import RangeRule
from edgeface.quantize.scheme import Scheme
from edgeface.quantize.statistics import CalibrationStats

SIGMOID_REACH = 6.25
"""Beyond ±this, a sigmoid lies within half an output step (1/512) of 0 or 1, so its input may be clipped there."""

PAIR_SLACK = 4
"""Steps that are left for what rounding by second moments adds to a pair of weights."""

FixedRanges = Mapping[str, tuple[float, float]]


def build_plan(
    graph: Graph,
    stats: CalibrationStats,
    scheme: Scheme,
    rule: RangeRule,
    *,
    known: FixedRanges | None = None,
    kept_float: Mapping[str, str] | None = None,
) -> QuantPlan:
    """Choose parameters for every value and every weight.

    Args:
        graph: the legalized graph that `stats` describe.
        stats: what calibration saw.
        scheme: what the target can express.
        rule: how ranges are chosen.
        known: ranges that are facts, such as an image's after normalization.
        kept_float: values that are computed in float, and why. They get parameters too, for int8 readers.

    Raises:
        GraphError: a value was not observed.
    """
    kept = dict(kept_float or {})
    params: dict[str, QParams] = {}
    for members in _scale_groups(graph, scheme, kept):
        found = _group_params(graph, members, stats, scheme, rule, known or {})
        params |= dict.fromkeys(members, found)
    for node in graph.nodes:
        if node.output not in kept:
            params |= _constant_params(graph, node, scheme)
    return QuantPlan(params, kept)


def weight_params(weight: Array, scheme: Scheme) -> QParams:
    """Symmetric parameters with one scale for each output channel (axis 0)."""
    largest = np.abs(weight.reshape(weight.shape[0], -1)).max(axis=1).astype(np.float64)
    scale = np.maximum(largest, 1e-9) / scheme.weight_limit
    if scheme.pair_limit is not None and not is_depthwise(weight):
        scale = np.maximum(scale, pair_reach(weight) / (scheme.pair_limit - PAIR_SLACK))
    return QParams(tuple(scale.astype(np.float32).tolist()), 0, 0, -scheme.weight_limit, scheme.weight_limit)


def _scale_groups(graph: Graph, scheme: Scheme, kept: Mapping[str, str]) -> list[list[str]]:
    """Values that must share one scale, each group in graph order."""
    leader = {name: name for name in graph.activations}

    def find(name: str) -> str:
        while leader[name] != name:
            name = leader[name]
        return name

    for node in graph.nodes:
        if isinstance(node.op, scheme.same_scale) and node.output not in kept:
            for needed in node.inputs:
                if graph.constant(needed) is None:
                    leader[find(node.output)] = find(needed)
    groups: dict[str, list[str]] = {}
    for name in leader:
        groups.setdefault(find(name), []).append(name)
    return list(groups.values())


def _group_params(
    graph: Graph,
    members: list[str],
    stats: CalibrationStats,
    scheme: Scheme,
    rule: RangeRule,
    known: FixedRanges,
) -> QParams:
    producers = [graph.producers[m] for m in members if m in graph.producers]
    moved = {output for p in producers if isinstance(p.op, scheme.same_scale) for output in p.outputs}
    observed = [m for m in members if m not in moved]
    fixed = [scheme.fixed[type(p.op)] for p in producers if type(p.op) in scheme.fixed]
    ranges = []
    for member in observed or members:
        if member in known:
            ranges.append(known[member])
        elif member in graph.producers and type(graph.producers[member].op) in scheme.fixed:
            ranges.append((0.0, 0.0))
        elif member in stats.values:
            chosen = rule.choose(stats.values[member], _negative_slope(graph, member))
            ranges.append(_bounded(graph, member, rule.widen(chosen, stats.images)))
        else:
            raise GraphError("calibration saw nothing of a value", where=f"tensor {member!r}")
    low, high = min(r[0] for r in ranges), max(r[1] for r in ranges)
    if fixed:
        return _fixed_params(fixed, members, low, high)
    readers = [r for m in members for r in graph.consumers[m] if r.output not in members]
    if readers and all(isinstance(r.op, Sigmoid) for r in readers):
        low, high = max(low, -SIGMOID_REACH), min(high, SIGMOID_REACH)
    return scheme.activation(low, high)


def _bounded(graph: Graph, name: str, bounds: tuple[float, float]) -> tuple[float, float]:
    """A range, cut where the op that makes the value cuts: headroom beyond is of no use, and no integer must lie there.

    ONNX Runtime leaves a clip out only where the integers cannot hold more than it lets through.
    """
    op = graph.producers[name].op if name in graph.producers else None
    low, high = -np.inf, np.inf
    if isinstance(op, Clip):
        low, high = op.low, op.high
    elif op is not None and op.fused == "relu6":
        low, high = 0.0, 6.0
    return max(bounds[0], low), min(bounds[1], high)


def _fixed_params(fixed: list[QParams], members: list[str], low: float, high: float) -> QParams:
    """The prescribed parameters, if all that shares them fits."""
    least, most = fixed[0].range
    if any(other != fixed[0] for other in fixed) or low < least - fixed[0].scale[0] or high > most + fixed[0].scale[0]:
        raise GraphError(
            f"values of range {low:.3g}…{high:.3g} must share the prescribed scale of {least:.3g}…{most:.3g}",
            where=f"tensors {', '.join(members)}",
            fix="keep the op that joins them in float in the recipe",
        )
    return fixed[0]


def _negative_slope(graph: Graph, name: str) -> float:
    """Slope of the LeakyReLU that alone reads a value; 1 where there is none."""
    reader = graph.only_reader(name)
    return reader.op.alpha if reader is not None and isinstance(reader.op, LeakyRelu) else 1.0


def _constant_params(graph: Graph, node: Node, scheme: Scheme) -> dict[str, QParams]:
    """Weights by output channel; other constant operands by tensor. Biases follow from these."""
    if isinstance(node.op, Conv | Gemm):
        weight = graph.constant(node.inputs[1])
        return {} if weight is None else {node.inputs[1]: weight_params(weight, scheme)}
    found = {}
    for name in node.inputs:
        data = graph.constant(name)
        if data is not None:
            found[name] = scheme.activation(float(data.min()), float(data.max()))
    return found
