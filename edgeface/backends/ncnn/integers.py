"""Integer layers: what a convolution or a product in int8 has besides its window.

With input integers q of scale s and zero z, weights w of scale t, and a result of scale S and zero Z, ncnn computes

    round((Σ q·w · s·t + bias) / S), saturated at ±127,   with bias = own − z·s·t·Σw + Z·S

Where saturation cuts off all that the activation would, there is none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from edgeface.backends.ncnn.activations import CLIP, LEAKY, Activation
from edgeface.backends.ncnn.layer import INT8, STORED, Parameter, Weight
from edgeface.backends.ncnn.stored import in_integers, stored_values
from edgeface.errors import GraphError
from edgeface.graph.ir import Graph, Node
from edgeface.graph.ops.conv import Conv
from edgeface.graph.types import Array
from edgeface.quantize.plan import QParams, QuantPlan

HANDED_ON, IN_FLOAT = 101, 1
"""What parameter 8 says of a layer with integer weights: whether its result is rounded, too."""
NO_WINOGRAD = 64
"""Parameter 31 of a layer that is to be computed without Winograd's transforms."""
WINOGRAD_LIMIT = 2**31 // 576
"""Sums beyond this overflow 32 bits in ncnn's Winograd transforms, whose factors are 24² in all."""


@dataclass(frozen=True, eq=False)
class IntegerForm:
    """Parameters of an integer layer that replace those of a float one, and its weights."""

    params: Mapping[int, Parameter]
    weights: tuple[Weight, ...]


def integer_forms(graph: Graph, plan: QuantPlan, fused: Mapping[str, Activation]) -> dict[str, IntegerForm]:
    """The integer layers' parameters and weights, by the outputs of the nodes.

    Args:
        graph: the graph to emit, with weights on their grids.
        plan: parameters of its values, zeros as `scheme.place_zeros` puts them.
        fused: the activations that nodes' layers apply, by the nodes' outputs.
    """
    stored = stored_values(graph, plan, fused)
    handed = {each.value for each in stored.values()}
    forms = {}
    for node in graph.nodes:
        if in_integers(graph, node, plan):
            source = plan.params[node.inputs[0]]
            made = plan.params[stored[node.output].value] if node.output in stored else None
            if source.zero_point and node.inputs[0] not in handed:
                raise GraphError(
                    f"a layer that rounds float numbers cannot have zero at {source.zero_point}",
                    where=f"tensor {node.inputs[0]!r} of {node}",
                )
            forms[node.output] = _Layer(graph, node, plan, fused.get(node.output)).form(source, made)
    return forms


@dataclass(frozen=True)
class _Layer:
    graph: Graph
    node: Node
    plan: QuantPlan
    activation: Activation | None

    def form(self, source: QParams, made: QParams | None) -> IntegerForm:
        weights = self.plan.params[self.node.inputs[1]]
        stored = weights.quantize(self.graph.constants[self.node.inputs[1]])
        steps, scale, zero = np.asarray(weights.scale, np.float64), source.scale[0], source.zero_point
        moved = 0.0 if made is None else made.zero_point * made.scale[0]
        bias = self._bias() + moved - zero * scale * steps * stored.reshape(len(stored), -1).sum(axis=1, dtype=np.int64)
        scales = [Weight(1 / steps), Weight(np.array([1 / scale]))]
        params: dict[int, Parameter] = {8: IN_FLOAT if made is None else HANDED_ON, 5: 1}
        if made is not None:
            scales.append(Weight(np.array([1 / made.scale[0]])))
            params |= {**self._activation(made), STORED: (float(made.scale[0]), float(made.zero_point))}
        if not isinstance(self.node.op, Conv):
            params = {8: IN_FLOAT, 1: 1}
        else:
            params |= self._window(self.node.op, stored, zero)
        return IntegerForm(params, (Weight(stored, INT8), Weight(bias), *scales))

    def _bias(self) -> Array:
        if len(self.node.inputs) > 2:
            return self.graph.constants[self.node.inputs[2]].astype(np.float64)
        return np.zeros(len(self.graph.constants[self.node.inputs[1]]))

    def _activation(self, made: QParams) -> dict[int, Parameter]:
        """The activation before rounding, moved like zero; none where saturation does the same."""
        if self.activation is None or self.activation.number == LEAKY:
            return {}
        low, high = self.activation.numbers or (0.0, np.inf)
        least, most = made.range
        slack = made.scale[0] / 1000
        if low <= least + slack and most - slack <= high:
            return {9: 0}
        moved = made.zero_point * made.scale[0]
        return {9: CLIP, 10: (low + moved, min(high, most) + moved)}

    def _window(self, op: Conv, stored: Array, zero: int) -> dict[int, Parameter]:
        """The byte that pads, and whether sums could be too large for Winograd's transforms."""
        params: dict[int, Parameter] = {}
        if zero and any(op.pads):
            params[18] = zero % 256  # ncnn spreads a negative float wrongly over the bytes of a packed pixel
        largest = np.abs(stored.astype(np.int64)).reshape(len(stored), -1).sum(axis=1).max() * 127
        if stored.shape[2:] == (3, 3) and op.groups == 1 and largest > WINOGRAD_LIMIT:
            params[31] = NO_WINOGRAD
        return params
