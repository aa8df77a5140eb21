"""Padding with another number than zero."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from edgeface.graph.ops.base import OnnxForm, Op, require
from edgeface.graph.types import TensorType

LOWEST = -3e38
"""Pads at or below this are the −∞ (or float32's lowest number) that a maximum never takes."""


@dataclass(frozen=True)
class ConstantPad(Op):
    """`value` added before and after every axis: `pads` is all begins, then all ends."""

    pads: tuple[int, ...] = ()
    value: float = 0.0

    def infer(self, inputs: Sequence[TensorType]) -> tuple[TensorType, ...]:
        """The padded shape."""
        x = inputs[0]
        require(len(self.pads) == 2 * x.rank and min(self.pads) >= 0, f"pads {self.pads} do not fit {x}")
        return (x.with_shape(tuple(n + self.pads[i] + self.pads[i + x.rank] for i, n in enumerate(x.shape))),)

    def to_onnx(self, inputs: Sequence[TensorType]) -> OnnxForm:
        """Pad with the value, in the input's type."""
        with np.errstate(over="ignore"):  # what float16 cannot hold becomes infinite
            value = np.array(self.value).astype(inputs[0].dtype)
        return OnnxForm("Pad", {}, (np.array(self.pads, np.int64), value))
