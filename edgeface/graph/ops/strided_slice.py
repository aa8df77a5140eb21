"""Every step-th element of a range."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from edgeface.graph.ops.base import OnnxForm, Op, require
from edgeface.graph.types import TensorType


@dataclass(frozen=True)
class StridedSlice(Op):
    """Elements starts[i], starts[i] + steps[i], … before ends[i] of every axis; steps are positive."""

    starts: tuple[int, ...] = ()
    ends: tuple[int, ...] = ()
    steps: tuple[int, ...] = ()

    def infer(self, inputs: Sequence[TensorType]) -> tuple[TensorType, ...]:
        """The lengths of the ranges."""
        x = inputs[0]
        ranges = list(zip(self.starts, self.ends, self.steps, x.shape, strict=True))
        fits = all(0 <= s < e <= n and step > 0 for s, e, step, n in ranges)
        require(fits, f"slice {self.starts}…{self.ends} in steps of {self.steps} does not fit {x}")
        return (x.with_shape(tuple(len(range(s, e, step)) for s, e, step, _ in ranges)),)

    def to_onnx(self, inputs: Sequence[TensorType]) -> OnnxForm:  # noqa: ARG002
        """Slice over all axes."""
        axes = range(len(self.starts))
        numbers = (self.starts, self.ends, axes, self.steps)
        return OnnxForm("Slice", {}, tuple(np.array(list(n), np.int64) for n in numbers))
