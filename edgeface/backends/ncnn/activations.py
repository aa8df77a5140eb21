"""Activations: as layers of their own, and as what a convolution applies to its result."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from edgeface.backends.ncnn.layer import Parameter
from edgeface.graph.ir import Graph, Node
from edgeface.graph.ops.activations import Clip, HardSwish, LeakyRelu, Relu, Sigmoid
from edgeface.graph.ops.base import Op
from edgeface.graph.ops.conv import Conv, Gemm
from edgeface.graph.ops.conv_transpose import ConvTranspose
from edgeface.graph.ops.smooth_activations import Mish

RELU, LEAKY, CLIP = 1, 2, 3
"""Numbers of activations in convolutions."""
TAKERS = (Conv, ConvTranspose, Gemm)
"""Ops whose layers apply an activation themselves."""


@dataclass(frozen=True)
class Activation:
    """An activation that belongs to a node's layer.

    Attributes:
        kind: the layer that computes it alone.
        params: of that layer.
        number: of its kind among those that a convolution applies.
        numbers: its own, as a convolution takes them.
        makes: the value behind it.
        in_layer: whether the node's layer applies it.
    """

    kind: str
    params: Mapping[int, Parameter]
    number: int
    numbers: tuple[float, ...] = ()
    makes: str = ""
    in_layer: bool = False

    def in_convolution(self) -> dict[int, Parameter]:
        """The parameters with which a convolution applies it."""
        return {9: self.number, **({10: self.numbers} if self.numbers else {})}


@dataclass(frozen=True)
class _Fusion:
    """What was found in a graph: activations by the value before, and the nodes that need no layer."""

    by_value: dict[str, Activation] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)


def clip_params(low: float, high: float) -> dict[int, Parameter]:
    """The bounds of a Clip layer, which has none by default."""
    return {key: bound for key, bound in ((0, low), (1, high)) if math.isfinite(bound)}


def activation_of(op: Op) -> tuple[str, dict[int, Parameter], int, tuple[float, ...]] | None:
    """The layer of an activation, its parameters, and its number and numbers in convolutions; None for other ops."""
    found: tuple[str, dict[int, Parameter], int, tuple[float, ...]] | None = None
    if isinstance(op, Relu):
        found = "ReLU", {}, RELU, ()
    elif isinstance(op, LeakyRelu):
        found = "ReLU", {0: op.alpha}, LEAKY, (op.alpha,)
    elif isinstance(op, Clip) and math.isfinite(op.low) and math.isfinite(op.high):
        found = "Clip", clip_params(op.low, op.high), CLIP, (op.low, op.high)
    elif isinstance(op, Sigmoid):
        found = "Sigmoid", {}, 4, ()
    elif isinstance(op, Mish):
        found = "Mish", {}, 5, ()
    elif isinstance(op, HardSwish):
        found = "HardSwish", {0: 1 / 6, 1: 0.5}, 6, (1 / 6, 0.5)
    return found


def fuse_activations(graph: Graph) -> tuple[dict[str, Activation], frozenset[str]]:
    """Activations by the value that they apply to, and the values that another node's layer makes."""
    found = _Fusion()
    for node in graph.nodes:
        if node.op.fused != "none":
            op: Op = Relu() if node.op.fused == "relu" else Clip(0.0, 6.0)
            _note(found, node, op, node.output)
        elif isinstance(node.op, TAKERS):
            reader = graph.only_reader(node.output)
            if reader is not None and activation_of(reader.op) is not None:
                _note(found, node, reader.op, reader.output)
                found.gone.add(reader.output)
    return found.by_value, frozenset(found.gone)


def _note(found: _Fusion, node: Node, op: Op, makes: str) -> None:
    described = activation_of(op)
    assert described is not None
    found.by_value[node.output] = Activation(*described, makes, isinstance(node.op, TAKERS))
