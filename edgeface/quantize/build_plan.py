"""Build a quantization plan from statistics and a scheme: a scale per value, shared where the target requires it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from edgeface.errors import GraphError
from edgeface.graph.ir import Graph, Node
from edgeface.graph.ops.activations import Clip, LeakyRelu, Sigmoid
from edgeface.graph.ops.arithmetic import Concat
from edgeface.graph.ops.constant_pad import LOWEST, ConstantPad
from edgeface.graph.ops.conv import Conv, Gemm
from edgeface.graph.ops.conv_transpose import ConvTranspose
from edgeface.graph.types import Array
from edgeface.quantize.natural_bounds import natural_bounds
from edgeface.quantize.plan import Precision, QParams, QuantPlan, Stated
from edgeface.quantize.ranges import RangeRule
from edgeface.quantize.scheme import Scheme
from edgeface.quantize.statistics import CalibrationStats

SIGMOID_REACH = 6.25
"""Beyond ± this value a sigmoid is within half an 8-bit step (1/512) of 0 or 1, so its input can be clipped there."""

BIAS_LIMIT = 2.0**30
"""Of a bias in steps of input scale × weight scale: half of int32, with room for corrections and the sum."""

WORTH = 2.5
"""Images that one sampled image stands for at most, in the headroom. Measured: 40 sampled of 100 are as good as 100."""

FixedRanges = Mapping[str, tuple[float, float]]


def build_plan(
    graph: Graph,
    stats: CalibrationStats,
    scheme: Scheme,
    rule: RangeRule,
    *,
    known: FixedRanges | None = None,
    stated: Mapping[str, Stated] | None = None,
) -> QuantPlan:
    """The plan with parameters for every value and every weight, as the scheme's kernels require them.

    Args:
        graph: the legalized graph that `stats` describe.
        stats: calibration statistics.
        scheme: the target's scheme.
        rule: how ranges are chosen.
        known: ranges known in advance, such as an image's after normalization.
        stated: values with another dtype than the scheme's 8 bits, and the reasons. Those in float still get 8-bit
            parameters, for integer readers.

    Raises:
        GraphError: a value was not observed.
    """
    plan = _Planner(graph, stats, scheme, rule, known or {}, stated or {}).plan()
    for refine in scheme.refine:
        plan = refine(graph, plan)
    return plan


def weight_params(weight: Array, scheme: Scheme, axis: int = 0) -> QParams:
    """Symmetric parameters with one scale per output channel, which `axis` counts."""
    largest = np.abs(weight).max(axis=tuple(i for i in range(weight.ndim) if i != axis)).astype(np.float64)
    scale = np.maximum(largest, 1e-9) / scheme.weight_limit
    return QParams(tuple(scale.astype(np.float32).tolist()), 0, axis, -scheme.weight_limit, scheme.weight_limit)


@dataclass(frozen=True)
class _Planner:
    graph: Graph
    stats: CalibrationStats
    scheme: Scheme
    rule: RangeRule
    known: FixedRanges = field(default_factory=dict)
    stated: Mapping[str, Stated] = field(default_factory=dict)

    def plan(self) -> QuantPlan:
        params: dict[str, QParams] = {}
        for members in self._scale_groups():
            params |= dict.fromkeys(members, self._group_params(members))
        for node in self.graph.nodes:
            if not self._in_float(node.output):
                params |= self._constant_params(node, params)
        return QuantPlan(params, self.stated)

    def _in_float(self, name: str) -> bool:
        return name in self.stated and self.stated[name].is_float

    def _width(self, name: str) -> Precision:
        """The width of a value: "int16", or "int8" for the scheme's own 8 bits, signed or not."""
        return "int16" if name in self.stated and self.stated[name].dtype == "int16" else "int8"

    def _scale_groups(self) -> list[list[str]]:
        """Values that must share one scale, each group in graph order."""
        leader = {name: name for name in self.graph.reals}

        def find(name: str) -> str:
            while leader[name] != name:
                name = leader[name]
            return name

        for node in self.graph.nodes:
            if isinstance(node.op, self.scheme.same_scale) and not self._in_float(node.output):
                for needed in (name for name in node.inputs if name in leader):
                    if self._width(needed) == self._width(node.output):
                        leader[find(node.output)] = find(needed)
        groups: dict[str, list[str]] = {}
        for name in leader:
            groups.setdefault(find(name), []).append(name)
        return list(groups.values())

    def _group_params(self, members: list[str]) -> QParams:
        width = self._width(members[0])
        prescribed = self.scheme.fixed if width == "int8" else {}
        producers = [self.graph.producers[m] for m in members if m in self.graph.producers]
        moved = {output for p in producers if isinstance(p.op, self.scheme.same_scale) for output in p.outputs}
        fixed = [prescribed[type(p.op)] for p in producers if type(p.op) in prescribed]
        ranges = []
        for member in [m for m in members if m not in moved] or members:
            if member in self.graph.producers and type(self.graph.producers[member].op) in prescribed:
                ranges.append(self.known.get(member, (0.0, 0.0)))
            else:
                ranges.append(self._range(member, width))
        ranges += [bounds for p in producers if isinstance(p.op, self.scheme.same_scale) for bounds in self._brought(p)]
        low, high = min(r[0] for r in ranges), max(r[1] for r in ranges)
        if fixed:
            return _fixed_params(fixed, members, low, high)
        readers = [r for m in members for r in self.graph.consumers[m] if r.output not in members]
        if width == "int8" and readers and all(isinstance(r.op, Sigmoid) for r in readers):
            low, high = max(low, -SIGMOID_REACH), min(high, SIGMOID_REACH)
        return self.scheme.activation(low, high, width)

    def _brought(self, node: Node) -> list[tuple[float, float]]:
        """The ranges of the constants that an op with one scale puts beside its inputs' numbers."""
        joined = [
            data
            for name in node.inputs
            if isinstance(node.op, Concat) and (data := self.graph.constant(name)) is not None
        ]
        values = [node.op.value] if isinstance(node.op, ConstantPad) and node.op.value > LOWEST else []
        return [(float(data.min()), float(data.max())) for data in joined] + [(value, value) for value in values]

    def _range(self, name: str, width: Precision) -> tuple[float, float]:
        """The range of one value: known, or chosen from its statistics."""
        if name in self.known:
            return self.known[name]
        if name not in self.stats.values:
            if (bounds := natural_bounds(self.graph, name)) is not None:
                return bounds
            raise GraphError("the calibration statistics lack a value", where=f"tensor {name!r}")
        slope = _negative_slope(self.graph, name) if width == "int8" else 1.0  # 16 bits have enough steps
        stats, images, sampled = self.stats.values[name], self.stats.images, self.stats.sampled or self.stats.images
        pixels = _pixels(self.graph, name)
        low, high = self.rule.widen(self.rule.choose(stats, slope), min(images, sampled * WORTH), pixels)
        if sampled < images:  # the exact bounds are of all images, so later ones exceed them the less
            limit = self.rule.widen(stats.range, images, pixels)
            low, high = max(low, limit[0]), min(high, limit[1])
        return _bounded(self.graph, name, (low, high))

    def _constant_params(self, node: Node, known: Mapping[str, QParams]) -> dict[str, QParams]:
        """Weights per channel; other constant operands per tensor. Biases follow from these."""
        if isinstance(node.op, Conv | ConvTranspose | Gemm):
            weight, axis = self.graph.constant(node.inputs[1]), int(isinstance(node.op, ConvTranspose))
            if weight is None:
                return {}
            return {node.inputs[1]: _for_bias(self.graph, node, weight_params(weight, self.scheme, axis), known)}
        found, width = {}, self._width(node.output)
        for name in node.inputs:
            data = self.graph.constant(name)
            if data is not None and data.dtype == np.float32:
                found[name] = self.scheme.activation(float(data.min()), float(data.max()), width)
        return found


def _for_bias(graph: Graph, node: Node, weight: QParams, known: Mapping[str, QParams]) -> QParams:
    """Scales of weights in whose steps the bias fits 32 bits.

    Channels that training left unused have weights of 1e-10 and a bias: with steps of the weights' own size the bias
    would not fit. Larger steps round to zero what adds less to the result than the last bits of the bias.
    """
    bias = graph.constant(node.inputs[2]) if len(node.inputs) > 2 else None
    if bias is None or bias.shape != (len(weight.scale),) or node.inputs[0] not in known:
        return weight
    least = np.abs(bias.astype(np.float64)) / (known[node.inputs[0]].scale[0] * BIAS_LIMIT)
    scale = np.maximum(weight.scale, least).astype(np.float32)
    return replace(weight, scale=tuple(scale.tolist()))


def _pixels(graph: Graph, name: str) -> int:
    """The numbers of one channel in one image; of values that are no images, all."""
    shape = graph.type(name).shape
    return math.prod(shape[2:] if len(shape) == 4 else shape)


def _bounded(graph: Graph, name: str, bounds: tuple[float, float]) -> tuple[float, float]:
    """A range, clipped where the producing op clips: headroom beyond is useless, and no integer may lie there.

    ONNX Runtime removes a clip only where the integers cannot exceed its bounds.
    """
    op = graph.producers[name].op if name in graph.producers else None
    low, high = -np.inf, np.inf
    if isinstance(op, Clip):
        low, high = op.low, op.high
    elif op is not None and op.fused == "relu6":
        low, high = 0.0, 6.0
    return max(bounds[0], low), min(bounds[1], high)


def _fixed_params(fixed: list[QParams], members: list[str], low: float, high: float) -> QParams:
    """The prescribed parameters, if all values that share them fit."""
    minimum, maximum = fixed[0].range
    if (
        any(other != fixed[0] for other in fixed)
        or low < minimum - fixed[0].scale[0]
        or high > maximum + fixed[0].scale[0]
    ):
        raise GraphError(
            f"values of range {low:.3g}…{high:.3g} must share the prescribed scale of {minimum:.3g}…{maximum:.3g}",
            where=f"tensors {', '.join(members)}",
            fix="keep the op that joins them in float, in the recipe",
        )
    return fixed[0]


def _negative_slope(graph: Graph, name: str) -> float:
    """Slope of the LeakyReLU that is the only reader of a value; 1 where there is none."""
    reader = graph.only_reader(name)
    return reader.op.alpha if reader is not None and isinstance(reader.op, LeakyRelu) else 1.0
