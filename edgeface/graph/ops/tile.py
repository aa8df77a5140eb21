"""Repetition along axes: Tile and Expand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from edgeface.graph.ops.base import OnnxForm, OnnxNode, Op, require
from edgeface.graph.ops.shape import Reshape
from edgeface.graph.ops.spelling import chain
from edgeface.graph.types import TensorType


@dataclass(frozen=True)
class Tile(Op):
    """The input repeats[i] times one after another along axis i. An Expand repeats axes of size 1."""

    onnx_types: ClassVar[tuple[str, ...]] = ("Tile", "Expand")

    repeats: tuple[int, ...] = ()

    def infer(self, inputs: Sequence[TensorType]) -> tuple[TensorType, ...]:
        """Each size times its repeats."""
        x = inputs[0]
        fits = len(self.repeats) == x.rank and min(self.repeats, default=1) > 0
        require(fits, f"cannot repeat {x} {self.repeats} times")
        return (x.with_shape(tuple(n * times for n, times in zip(x.shape, self.repeats, strict=True))),)

    @classmethod
    def from_onnx(cls, node: OnnxNode) -> tuple[Op, tuple[str, ...]]:
        """Tile by constant repeats; Expand to a constant shape, which may add axes before the input's."""
        given = node.input_shapes[0]
        if node.op_type == "Tile":
            require(len(node.inputs) == 2, "Tile of opset 1 is not supported", "export with opset 6 or later")
            return cls(tuple(int(n) for n in node.constant(1, "repeats"))), node.inputs[:1]
        asked = tuple(int(n) for n in node.constant(1, "shape"))
        before = (1,) * (len(asked) - len(given)) + given
        asked = (1,) * (len(before) - len(asked)) + asked
        fits = all(1 in {size, wanted} or size == wanted for size, wanted in zip(before, asked, strict=True))
        require(fits, f"Expand from {list(given)} to {list(asked)} does not broadcast")
        repeats = tuple(wanted if size == 1 else 1 for size, wanted in zip(before, asked, strict=True))
        steps = [*([Reshape(before)] if before != given else []), *([cls(repeats)] if set(repeats) != {1} else [])]
        return chain(*(steps or [Reshape(given)])), node.inputs[:1]

    def to_onnx(self, inputs: Sequence[TensorType]) -> OnnxForm:  # noqa: ARG002
        """Tile."""
        return OnnxForm("Tile", {}, (np.array(self.repeats, np.int64),))
