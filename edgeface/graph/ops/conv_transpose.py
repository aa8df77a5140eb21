"""Transposed convolution with constant weights."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from edgeface.graph.ops.base import FusedActivation, LayoutRule, OnnxForm, OnnxNode, Op, require
from edgeface.graph.ops.spelling import Step
from edgeface.graph.ops.window import over_one_axis
from edgeface.graph.types import TensorType


@dataclass(frozen=True)
class ConvTranspose(Op):
    """Inputs x [N,C,H,W], weight [C,M/groups,kh,kw] and, optionally, bias [M]: each pixel adds its kernel to the result.

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
        axes, size = len(kernel), node.input_shapes[0][2:]
        fits = axes in {1, 2} and len(size) == axes
        require(fits, f"only one- and two-dimensional ConvTranspose is supported; the kernel has shape {list(kernel)}")
        same = tuple(a.get("kernel_shape", kernel)) == tuple(kernel)
        require(same, "kernel_shape is not that of the ConvTranspose's weight")
        strides, dilations = (tuple(a.get(name, (1,) * axes)) for name in ("strides", "dilations"))
        extra = tuple(a.get("output_padding", (0,) * axes))
        reach = [s * (n - 1) + d * (k - 1) + 1 for s, n, d, k in zip(strides, size, dilations, kernel, strict=True)]
        pads, extra = _pads(node, [r + e for r, e in zip(reach, extra, strict=True)], extra)
        unit = (1,) * (2 - axes)
        none = (0,) * (2 - axes)
        op = cls(
            (*unit, *strides),
            (*none, *pads[:axes], *none, *pads[axes:]),
            (*unit, *dilations),
            (*none, *extra),
            int(a.get("group", 1)),
        )
        if axes == 2:
            return op, node.inputs if node.given(2) else node.inputs[:2]
        weight, bias = node.constant(1, "weight"), (node.constant(2, "bias"),) if node.given(2) else ()
        step = Step(op, (weight.reshape(*weight.shape[:2], 1, -1), *bias))
        return over_one_axis(node.input_shapes[0], step), node.inputs[:1]

    def to_onnx(self, inputs: Sequence[TensorType]) -> OnnxForm:  # noqa: ARG002
        """ConvTranspose; the fused activation is a separate node in ONNX."""
        fields = {"strides": self.strides, "pads": self.pads, "dilations": self.dilations, "group": self.groups}
        return OnnxForm("ConvTranspose", {**fields, "output_padding": self.output_padding})


def _pads(node: OnnxNode, whole: Sequence[int], extra: tuple[int, ...]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Pads, all begins, then all ends, and the output padding; `whole` is the result's size without pads."""
    a, axes = node.attributes, len(whole)
    auto = a.get("auto_pad", b"NOTSET").decode()
    strides = a.get("strides", (1,) * axes)
    wanted = a.get("output_shape", None)
    if wanted is None and auto.startswith("SAME"):
        wanted = [n * s for n, s in zip(node.input_shapes[0][2:], strides, strict=True)]
    if wanted is None:
        given = (0,) * 2 * axes if auto == "VALID" else a.get("pads", (0,) * 2 * axes)
        return tuple(given), extra
    begins, ends, more = [], [], []
    for size, asked, padding in zip(whole, list(wanted)[-axes:], extra, strict=True):
        total = max(size - asked, 0)
        small, large = total // 2, total - total // 2
        begins.append(small if auto == "SAME_UPPER" else large)
        ends.append(large if auto == "SAME_UPPER" else small)
        more.append(padding + max(asked - size, 0))
    return (*begins, *ends), tuple(more)
