"""Exact bounds of every value of a graph, from those of the values that must be measured.

Half the values follow from others: a LeakyReLU's bounds are the function of its input's, a reshaped value's those of
its source. What is measured comes from a model that outputs bounds (`graph.onnx_bounds`) or from whole values.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np

from edgeface.graph.ir import Graph, Node
from edgeface.graph.onnx_bounds import BoundsModel, write_bounds
from edgeface.graph.ops.activations import Clip, LeakyRelu, PRelu, Relu, Sigmoid, Softmax
from edgeface.graph.ops.arithmetic import Concat
from edgeface.graph.ops.shape import Reshape, Transpose
from edgeface.graph.types import Array

Ends: TypeAlias = tuple[Array, Array]
"""Lowest and highest numbers, float32 [channels] each."""


@dataclass(frozen=True)
class Bounds:
    """The bounds of a graph's values: which are measured, and what follows from them.

    `low` of a value that cannot be negative, such as a ReLU's, is 0 whatever was seen: every range includes zero.
    """

    graph: Graph

    @cached_property
    def highs(self) -> tuple[str, ...]:
        """Values whose maximum is measured."""
        return tuple(name for name in self.graph.reals if not _follows(self.graph, name))

    @cached_property
    def lows(self) -> tuple[str, ...]:
        """Values whose minimum is measured, too."""
        return tuple(name for name in self.highs if not _never_negative(self.graph, name))

    @cached_property
    def model(self) -> BoundsModel:
        """The model that measures."""
        return write_bounds(self.graph, self.lows, self.highs)

    def channels(self, name: str) -> int:
        """Channels of a value: those of an image, of rank 4; any other value counts as one."""
        shape = self.graph.type(name).shape
        return shape[1] if len(shape) == 4 else 1

    def of_outputs(self, outputs: Mapping[str, Array]) -> Ends:
        """The measured minima and maxima of one image, joined, from the outputs of `model`."""
        return (
            _joined([outputs[self.model.lows[name]] for name in self.lows]),
            _joined([outputs[self.model.highs[name]] for name in self.highs]),
        )

    def of_values(self, values: Mapping[str, Array]) -> Ends:
        """The same from whole values."""
        flat = {name: values[name].reshape(self.channels(name), -1) for name in self.highs}
        return (
            _joined([flat[name].min(axis=1) for name in self.lows]),
            _joined([flat[name].max(axis=1) for name in self.highs]),
        )

    def of_every_value(self, measured: Ends) -> dict[str, Ends]:
        """The bounds of every value."""
        lows, highs = (
            self._split(names, joined) for names, joined in zip((self.lows, self.highs), measured, strict=True)
        )
        found: dict[str, Ends] = {}
        for name in self.graph.reals:
            if name in highs:
                high = highs[name]
                found[name] = (lows[name], high) if name in lows else (np.zeros_like(high), high)
            else:
                found[name] = _following(self.graph, self.graph.producers[name], found)
        return found

    def _split(self, names: tuple[str, ...], joined: Array) -> dict[str, Array]:
        ends = np.cumsum([self.channels(name) for name in names])
        return dict(zip(names, np.split(joined, ends[:-1]), strict=True)) if names else {}


def _joined(parts: list[Array]) -> Array:
    flat = [np.asarray(part, np.float32).reshape(-1) for part in parts]
    joined: Array = np.concatenate(flat) if flat else np.zeros(0, np.float32)
    return joined


def _never_negative(graph: Graph, name: str) -> bool:
    if name not in graph.producers:
        return False
    op = graph.producers[name].op
    return op.fused != "none" or isinstance(op, Sigmoid | Softmax)


def _follows(graph: Graph, name: str) -> bool:
    """Whether a value's bounds follow from those of other computed values."""
    if name not in graph.producers:
        return False
    node = graph.producers[name]
    op, images = node.op, len(graph.type(name).shape) == 4
    if isinstance(op, PRelu):
        slope, x = graph.constant(node.inputs[1]), graph.type(node.inputs[0]).shape
        return slope is not None and bool((slope >= 0).all()) and _by_channel(slope, x)
    if isinstance(op, LeakyRelu):
        return op.alpha >= 0
    if isinstance(op, Concat):
        return all(graph.constant(other) is None for other in node.inputs)
    return isinstance(op, Relu | Clip) or (isinstance(op, Reshape | Transpose) and not images)


def _by_channel(slope: Array, x: tuple[int, ...]) -> bool:
    """Whether slopes differ by channel at most, where channels are told apart."""
    return slope.size == 1 or (len(x) == 4 and slope.shape in {(x[1], 1, 1), (1, x[1], 1, 1)})


def _following(graph: Graph, node: Node, found: Mapping[str, Ends]) -> Ends:
    op, low, high = node.op, *found[node.inputs[0]]
    if isinstance(op, Concat):
        return _concatenated(graph, node, [found[name] for name in node.inputs])
    if isinstance(op, Reshape | Transpose):
        return low.min(keepdims=True), high.max(keepdims=True)
    if isinstance(op, Relu):
        return np.maximum(low, 0), np.maximum(high, 0)
    if isinstance(op, Clip):
        return np.clip(low, op.low, op.high), np.clip(high, op.low, op.high)
    slope = np.float32(op.alpha) if isinstance(op, LeakyRelu) else graph.constants[node.inputs[1]].reshape(-1)
    return np.where(low < 0, low * slope, low), np.where(high < 0, high * slope, high)


def _concatenated(graph: Graph, node: Node, parts: list[Ends]) -> Ends:
    assert isinstance(node.op, Concat)
    lows, highs = zip(*parts, strict=True)
    rank = len(graph.type(node.output).shape)
    if rank == 4 and node.op.axis % rank == 1:
        return np.concatenate(lows), np.concatenate(highs)
    return np.minimum.reduce(lows), np.maximum.reduce(highs)
