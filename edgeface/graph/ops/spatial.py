"""Ops on the two image axes: pooling, mean and resizing."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar, Literal

import numpy as np
from typing_extensions import Self

from edgeface.graph.ops.base import LayoutRule, OnnxForm, OnnxNode, Op, require
from edgeface.graph.types import TensorType


@dataclass(frozen=True)
class Pool(Op):
    """Pooling over windows of x [N,C,H,W]; `pads` is (top, left, bottom, right) in pixels."""

    layout: ClassVar[LayoutRule] = "image"

    kernel_shape: tuple[int, int] = (1, 1)
    strides: tuple[int, int] = (1, 1)
    pads: tuple[int, int, int, int] = (0, 0, 0, 0)

    def infer(self, inputs: Sequence[TensorType]) -> tuple[TensorType, ...]:
        """[N,C,H',W'] with the size rounded down."""
        require(inputs[0].rank == 4, f"only two-dimensional pooling is supported; got {inputs[0]}")
        n, c, h, w = inputs[0].shape
        top, left, bottom, right = self.pads
        out_h = (h + top + bottom - self.kernel_shape[0]) // self.strides[0] + 1
        out_w = (w + left + right - self.kernel_shape[1]) // self.strides[1] + 1
        require(out_h > 0 and out_w > 0, f"pooling window {self.kernel_shape} is larger than {inputs[0]}")
        return (inputs[0].with_shape((n, c, out_h, out_w)),)

    @classmethod
    def from_onnx(cls, node: OnnxNode) -> tuple[Self, tuple[str, ...]]:
        """The op; attributes that would change the result are rejected."""
        a = node.attributes
        require(len(a["kernel_shape"]) == 2, f"only two-dimensional {node.op_type} is supported")
        require(not a.get("ceil_mode", 0), f"{node.op_type} with ceil_mode is not supported")
        require(a.get("auto_pad", b"NOTSET") in {b"NOTSET", b"VALID"}, f"{node.op_type} with auto_pad is not supported")
        require(set(a.get("dilations", [1])) == {1}, f"{node.op_type} with dilations is not supported")
        pads = tuple(a.get("pads", (0, 0, 0, 0)))
        counted = node.op_type == "MaxPool" or not any(pads) or bool(a.get("count_include_pad", 0))
        require(counted, "AveragePool that excludes padding from the mean is not supported")
        return cls(tuple(a["kernel_shape"]), tuple(a.get("strides", (1, 1))), pads), node.inputs


@dataclass(frozen=True)
class MaxPool(Pool):
    """Maximum of each window."""

    onnx_types: ClassVar[tuple[str, ...]] = ("MaxPool",)


@dataclass(frozen=True)
class AveragePool(Pool):
    """Mean of each window, padding counted as zeros."""

    onnx_types: ClassVar[tuple[str, ...]] = ("AveragePool",)

    def to_onnx(self, inputs: Sequence[TensorType]) -> OnnxForm:
        """AveragePool that counts padding."""
        form = super().to_onnx(inputs)
        return OnnxForm("AveragePool", {**form.attributes, "count_include_pad": 1})


@dataclass(frozen=True)
class GlobalAveragePool(Op):
    """Mean over both image axes: [N,C,H,W] → [N,C,1,1]."""

    onnx_types: ClassVar[tuple[str, ...]] = ("GlobalAveragePool",)
    layout: ClassVar[LayoutRule] = "image"

    def infer(self, inputs: Sequence[TensorType]) -> tuple[TensorType, ...]:
        """[N,C,1,1]."""
        require(inputs[0].rank == 4, f"GlobalAveragePool needs an image, got {inputs[0]}")
        return (inputs[0].with_shape((*inputs[0].shape[:2], 1, 1)),)


@dataclass(frozen=True)
class Resize(Op):
    """Resize x [N,C,H,W] to `size` (height, width) in pixels.

    nearest: source index = ⌊i · in/out⌋ (asymmetric, floor), as in torch's `interpolate`; linear: half-pixel centers.
    """

    onnx_types: ClassVar[tuple[str, ...]] = ("Resize",)
    layout: ClassVar[LayoutRule] = "image"

    size: tuple[int, int] = (1, 1)
    mode: Literal["nearest", "linear"] = "nearest"

    def infer(self, inputs: Sequence[TensorType]) -> tuple[TensorType, ...]:
        """[N,C,*size]."""
        require(inputs[0].rank == 4 and min(self.size) > 0, f"cannot resize {inputs[0]} to {self.size}")
        return (inputs[0].with_shape((*inputs[0].shape[:2], *self.size)),)

    @classmethod
    def from_onnx(cls, node: OnnxNode) -> tuple[Self, tuple[str, ...]]:
        """The op from sizes or scales, for the two coordinate rules above."""
        a = node.attributes
        before, after = node.input_shapes[0], _resized(node)
        require(len(before) == 4 and after[:2] == before[:2], "Resize may change the image axes only")
        require(not a.get("antialias", 0), "Resize with antialias is not supported")
        mode = a.get("mode", b"nearest").decode()
        rule = a.get("coordinate_transformation_mode", b"half_pixel").decode()
        nearest = mode == "nearest" and rule == "asymmetric" and a.get("nearest_mode", b"") == b"floor"
        linear = mode == "linear" and (rule == "half_pixel" or (rule == "pytorch_half_pixel" and min(after[2:]) > 1))
        require(nearest or linear, f"Resize mode {mode} with {rule} coordinates is not supported")
        return cls((after[2], after[3]), "nearest" if nearest else "linear"), node.inputs[:1]

    def to_onnx(self, inputs: Sequence[TensorType]) -> OnnxForm:
        """Scales where they are equivalent to sizes: runtimes optimize them better and accept them with any batch."""
        nearest = {"coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
        linear = {"coordinate_transformation_mode": "half_pixel"}
        attributes = {"mode": self.mode, **(nearest if self.mode == "nearest" else linear)}
        empty = np.zeros(0, np.float32)
        pairs = zip(inputs[0].shape[2:], self.size, strict=True)
        scales = [_scale(before, after, self.mode == "nearest") for before, after in pairs]
        if None not in scales:
            return OnnxForm("Resize", attributes, (empty, np.array([1, 1, *scales], np.float32)))
        sizes = np.array(self.size, np.int64)
        return OnnxForm("Resize", {**attributes, "axes": [2, 3]}, (empty, empty, sizes))


def _scale(before: int, after: int, nearest: bool) -> float | None:
    """A float32 scale that resizes an axis of `before` pixels exactly to `after`; None if there is none.

    For "nearest" it must give the same source index everywhere, in float32 and in float64.
    """
    ratio, close = Fraction(after, before), np.float32(after / before)
    if Fraction(float(close)) == ratio:
        return float(close)
    candidates = (close, np.nextafter(close, np.float32(np.inf))) if nearest else ()
    return next((float(scale) for scale in candidates if _resizes(scale, before, after)), None)


def _resizes(scale: np.float32, before: int, after: int) -> bool:
    """Whether nearest resizing by a scale gives the size `after` and the same source index everywhere."""
    index = np.arange(after)
    wanted = index * before // after
    single = np.floor(index.astype(np.float32) / scale)
    double = np.floor(index / float(scale))
    sizes = (math.floor(np.float32(before) * scale), math.floor(before * float(scale)))
    return sizes == (after, after) and bool((single == wanted).all() and (double == wanted).all())


def _resized(node: OnnxNode) -> tuple[int, ...]:
    """The shape after a Resize; a scale with a fractional size is rejected, because it shifts the grid."""
    before = list(node.input_shapes[0])
    axes = [axis % len(before) for axis in node.attributes.get("axes", range(len(before)))]
    require(
        node.attributes.get("keep_aspect_ratio_policy", b"stretch") == b"stretch", "Resize that keeps the aspect ratio"
    )
    after = list(before)
    if node.given(3):
        for axis, size in zip(axes, node.constant(3, "sizes").tolist(), strict=True):
            after[axis] = int(size)
        return tuple(after)
    for axis, scale in zip(axes, node.constant(2, "scales").tolist(), strict=True):
        after[axis] = round(before[axis] * scale)
        exact = abs(before[axis] * scale - after[axis]) < 1e-4
        require(
            exact,
            f"Resize of {before[axis]} pixels by {scale:g} does not give a whole number of pixels",
            "export with output sizes",
        )
    return tuple(after)
