"""Transposed convolution with constant weights."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from edgeface.graph.ops.base import FusedActivation, LayoutRule, OnnxForm, OnnxNode, Op, require
from edgeface.graph.ops.spelling import Step
from edgeface.graph.ops.window import over_one_axis, read_window, two_axes
from edgeface.graph.types import TensorType


@dataclass(frozen=True)
class ConvTranspose(Op):
    """Inputs x [N,C,H,W], weight [C,M/groups,kh,kw] and, optionally, bias [M]: a pixel adds its kernel to the result.

    `pads` is (top, left, bottom, right) in pixels, cut off the result; `output_padding` is added at the bottom and at
    the right.
    """

    onnx_types: ClassVar[tuple[str, ...]] = ("ConvTranspose",)
    layout: ClassVar[LayoutRule] = "image"

    strides: tuple[int, int] = (1, 1)
    pads: tuple[int, int, int, int] = (0, 0, 0, 0)
    dilations: tuple[int, int] = (1, 1)
    output_padding: tuple[int, int] = (0, 0)
    groups: int = 1
    activation: FusedActivation = "none"

    def infer(self, inputs: Sequence[TensorType]) -> tuple[TensorType, ...]:
        """[N,M,H',W']."""
        x, weight = inputs[0], inputs[1]
        require(x.rank == 4 and weight.rank == 4, f"ConvTranspose of {x} with weight {weight} is not supported")
        n, c, *size = x.shape
        channels, per_group = weight.shape[:2]
        fits = c == channels and c % self.groups == 0
        require(fits, f"ConvTranspose weight {weight} does not fit input {x} in {self.groups} groups")
        m = per_group * self.groups
        require(
            len(inputs) < 3 or inputs[2].shape == (m,), "ConvTranspose bias must have one number per output channel"
        )
        made = [self.length(size[axis], weight.shape[axis + 2], axis) for axis in (0, 1)]
        require(min(made) > 0, f"the pads of a ConvTranspose leave nothing of {x}")
        return (TensorType((n, m, *made), x.dtype),)

    def length(self, size: int, kernel: int, axis: int) -> int:
        """Pixels of the result along an axis with `size` pixels."""
        reach = self.dilations[axis] * (kernel - 1) + 1
        whole = self.strides[axis] * (size - 1) + reach + self.output_padding[axis]
        return whole - self.pads[axis] - self.pads[axis + 2]

    def macs(self, inputs: Sequence[TensorType], outputs: Sequence[TensorType]) -> int:  # noqa: ARG002
        """Pixels of the input times weights per input channel."""
        return inputs[0].count * math.prod(inputs[1].shape[1:])

    @classmethod
    def from_onnx(cls, node: OnnxNode) -> tuple[Op, tuple[str, ...]]:
        """The op with explicit pads, which follow from the output's size where that is given."""
        a, kernel = node.attributes, node.input_shapes[1][2:]
        same = tuple(a.get("kernel_shape", kernel)) == tuple(kernel)
        require(same, "kernel_shape is not that of the ConvTranspose's weight")
        window, size = read_window(node, kernel), node.input_shapes[0][2:]
        one, auto = window.axes == 1, a.get("auto_pad", b"NOTSET").decode()
        extra = two_axes(a.get("output_padding", (0,) * window.axes), 0, one)
        op = cls(window.strides, window.pads, window.dilations, extra, int(a.get("group", 1)))
        wanted = list(a["output_shape"])[-window.axes :] if a.get("output_shape") else None
        if wanted is not None:
            op = op._fitted(two_axes(size, 1, one), window.kernel, two_axes(wanted, 1, one), auto == "SAME_UPPER")
        elif auto.startswith("SAME"):
            pixels, bare = two_axes(size, 1, one), replace(op, pads=(0, 0, 0, 0))
            whole = [bare.length(pixels[axis], window.kernel[axis], axis) for axis in (0, 1)]
            most = [min(whole[axis], pixels[axis] * op.strides[axis]) for axis in (0, 1)]  # as ONNX Runtime
            op = op._fitted(pixels, window.kernel, (most[0], most[1]), auto == "SAME_UPPER")
        if not one:
            return op, node.inputs if node.given(2) else node.inputs[:2]
        weight, bias = node.constant(1, "weight"), (node.constant(2, "bias"),) if node.given(2) else ()
        step = Step(op, (weight.reshape(*weight.shape[:2], 1, -1), *bias))
        return over_one_axis(node.input_shapes[0], step), node.inputs[:1]

    def _fitted(
        self, size: tuple[int, int], kernel: tuple[int, int], wanted: tuple[int, int], upper: bool
    ) -> ConvTranspose:
        """The op whose pads give a result of the size `wanted`; of an odd pad, `upper` has the smaller half first."""
        bare = replace(self, pads=(0, 0, 0, 0))
        begins, ends, more = [], [], []
        for axis in (0, 1):
            whole = bare.length(size[axis], kernel[axis], axis)
            total = max(whole - wanted[axis], 0)
            small, large = total // 2, total - total // 2
            begins.append(small if upper else large)
            ends.append(large if upper else small)
            more.append(self.output_padding[axis] + max(wanted[axis] - whole, 0))
        return replace(self, pads=(begins[0], begins[1], ends[0], ends[1]), output_padding=(more[0], more[1]))

    def to_onnx(self, inputs: Sequence[TensorType]) -> OnnxForm:  # noqa: ARG002
        """ConvTranspose; the fused activation is a separate node in ONNX."""
        fields = {"strides": self.strides, "pads": self.pads, "dilations": self.dilations, "group": self.groups}
        return OnnxForm("ConvTranspose", {**fields, "output_padding": self.output_padding})
