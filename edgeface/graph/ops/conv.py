"""Convolution and matrix product with constant weights."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from typing_extensions import Self

from edgeface.graph.ops.base import FusedActivation, LayoutRule, OnnxForm, OnnxNode, Op, require
from edgeface.graph.ops.spelling import Step
from edgeface.graph.ops.window import over_one_axis, read_window
from edgeface.graph.types import TensorType


@dataclass(frozen=True)
class Conv(Op):
    """2-D convolution: inputs x [N,C,H,W], weight [M,C/groups,kh,kw] and, optionally, bias [M].

    `pads` is (top, left, bottom, right) in pixels.
    """

    onnx_types: ClassVar[tuple[str, ...]] = ("Conv",)
    layout: ClassVar[LayoutRule] = "image"

    strides: tuple[int, int] = (1, 1)
    pads: tuple[int, int, int, int] = (0, 0, 0, 0)
    dilations: tuple[int, int] = (1, 1)
    groups: int = 1
    activation: FusedActivation = "none"

    def infer(self, inputs: Sequence[TensorType]) -> tuple[TensorType, ...]:
        """[N,M,H',W']."""
        x, weight = inputs[0], inputs[1]
        require(
            x.rank == 4 and weight.rank == 4, f"only two-dimensional Conv is supported; got {x} with weight {weight}"
        )
        n, c, h, w = x.shape
        m, per_group, kh, kw = weight.shape
        require(c == per_group * self.groups, f"Conv weight {weight} does not fit input {x} in {self.groups} groups")
        require(m % self.groups == 0, f"{m} output channels cannot be split into {self.groups} groups")
        require(len(inputs) < 3 or inputs[2].shape == (m,), "Conv bias must have one number per output channel")
        top, left, bottom, right = self.pads
        out_h = (h + top + bottom - self.dilations[0] * (kh - 1) - 1) // self.strides[0] + 1
        out_w = (w + left + right - self.dilations[1] * (kw - 1) - 1) // self.strides[1] + 1
        require(out_h > 0 and out_w > 0, f"Conv kernel {kh}×{kw} is larger than its padded input {x}")
        return (TensorType((n, m, out_h, out_w), x.dtype),)

    def macs(self, inputs: Sequence[TensorType], outputs: Sequence[TensorType]) -> int:
        """Outputs times weights per output."""
        return outputs[0].count * math.prod(inputs[1].shape[1:])

    def is_depthwise(self, weight_shape: Sequence[int]) -> bool:
        """Whether each group has a single input channel (TFLite's DEPTHWISE_CONV_2D)."""
        return self.groups > 1 and weight_shape[1] == 1

    @classmethod
    def from_onnx(cls, node: OnnxNode) -> tuple[Op, tuple[str, ...]]:
        """The op with explicit pads; over one axis, the same over an image of one row."""
        kernel = node.input_shapes[1][2:]
        same = tuple(node.attributes.get("kernel_shape", kernel)) == tuple(kernel)
        require(same, f"kernel_shape is not that of the {node.op_type}'s weight")
        window = read_window(node, kernel)
        op = cls(window.strides, window.pads, window.dilations, int(node.attributes.get("group", 1)))
        if window.axes == 1:
            weight = node.constant(1, "weight")
            bias = (node.constant(2, "bias"),) if node.given(2) else ()
            step = Step(op, (weight.reshape(*weight.shape[:2], 1, -1), *bias))
            return over_one_axis(node.input_shapes[0], step), node.inputs[:1]
        return op, node.inputs if node.given(2) else node.inputs[:2]

    def to_onnx(self, inputs: Sequence[TensorType]) -> OnnxForm:  # noqa: ARG002
        """Conv; the fused activation is a separate node in ONNX."""
        fields = {"strides": self.strides, "pads": self.pads, "dilations": self.dilations, "group": self.groups}
        return OnnxForm("Conv", fields)


@dataclass(frozen=True)
class Gemm(Op):
    """Fully connected layer along the last axis: inputs x […,K], weight [M,K], optionally bias [M]; output […,M]."""

    onnx_types: ClassVar[tuple[str, ...]] = ("Gemm",)
    layout: ClassVar[LayoutRule] = "plain"

    activation: FusedActivation = "none"

    def infer(self, inputs: Sequence[TensorType]) -> tuple[TensorType, ...]:
        """[…,M]."""
        x, weight = inputs[0], inputs[1]
        fits = x.rank >= 2 and weight.rank == 2 and x.shape[-1] == weight.shape[1]
        require(fits, f"Gemm input {x} does not fit weight {weight} ([outputs, inputs])")
        require(len(inputs) < 3 or inputs[2].shape == (weight.shape[0],), "Gemm bias must have one number per output")
        return (TensorType((*x.shape[:-1], weight.shape[0]), x.dtype),)

    def macs(self, inputs: Sequence[TensorType], outputs: Sequence[TensorType]) -> int:
        """Rows × outputs × inputs."""
        return outputs[0].count * inputs[1].shape[1]

    @classmethod
    def from_onnx(cls, node: OnnxNode) -> tuple[Self, tuple[str, ...]]:
        """The op for inputs in its form, into which the reader brings them."""
        return cls(), node.inputs if node.given(2) else node.inputs[:2]

    def onnx_steps(self, inputs: Sequence[TensorType]) -> tuple[OnnxForm, ...]:
        """Gemm with transB, between two Reshapes where x is no matrix."""
        product = OnnxForm("Gemm", {"transB": 1})
        if inputs[0].rank == 2:
            return (product,)
        depth, shape = inputs[0].shape[-1], (-1, *inputs[0].shape[1:-1], inputs[1].shape[0])
        rows = OnnxForm("Reshape", {}, (np.array((-1, depth), np.int64),), (0,))
        product = OnnxForm("Gemm", {"transB": 1}, reads=(-1, *range(1, len(inputs))))
        return rows, product, OnnxForm("Reshape", {}, (np.array(shape, np.int64),), (-1,))
