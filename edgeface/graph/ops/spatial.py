"""Ops on the two image axes: pooling, mean and resizing."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar, Literal, get_args

import numpy as np

from edgeface.graph.ops.arithmetic import Mul
from edgeface.graph.ops.base import LayoutRule, OnnxForm, OnnxNode, Op, require
from edgeface.graph.ops.conv import Conv
from edgeface.graph.ops.resampling import TOLERANCE, Resampling, read_resampling, read_scales
from edgeface.graph.ops.shape import Transpose
from edgeface.graph.ops.spelling import Spelling, Step
from edgeface.graph.ops.take import Take, take
from edgeface.graph.ops.window import Window, counted_pixels, dilated_taps, over_one_axis, read_window
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
    def from_onnx(cls, node: OnnxNode) -> tuple[Op, tuple[str, ...]]:
        """The op with all its padding written out, or the chain that means the same."""
        window, shape = read_window(node, node.attributes["kernel_shape"]), node.input_shapes[0]
        size = (1, *shape[2:]) if window.axes == 1 else shape[2:]
        steps = cls._steps(window, size, bool(node.attributes.get("count_include_pad", 0)))
        if window.axes == 1:
            return over_one_axis(shape, *steps), node.inputs[:1]
        return steps[0].op if len(steps) == 1 else Spelling((tuple(steps),)), node.inputs[:1]

    @classmethod
    def _steps(cls, window: Window, size: Sequence[int], count_pads: bool) -> list[Step]:  # noqa: ARG003
        return [Step(cls(window.kernel, window.strides, window.pads))]


@dataclass(frozen=True)
class MaxPool(Pool):
    """Maximum of each window; padding never wins."""

    onnx_types: ClassVar[tuple[str, ...]] = ("MaxPool",)

    @classmethod
    def _steps(cls, window: Window, size: Sequence[int], count_pads: bool) -> list[Step]:
        """With dilations: the taps of all windows side by side, then windows without gaps."""
        if window.dilations == (1, 1):
            return super()._steps(window, size, count_pads)
        gathers = [Step(Take(axis + 2, dilated_taps(window, size, axis))) for axis in (0, 1)]
        return [*gathers, Step(cls(window.kernel, window.kernel))]


@dataclass(frozen=True)
class AveragePool(Pool):
    """Mean of each window, padding counted as zeros."""

    onnx_types: ClassVar[tuple[str, ...]] = ("AveragePool",)

    @classmethod
    def _steps(cls, window: Window, size: Sequence[int], count_pads: bool) -> list[Step]:
        """With pads that are not counted: a factor for each window, where it has fewer pixels."""
        require(window.dilations == (1, 1), "AveragePool with dilations is not supported")
        rows, columns = (counted_pixels(window, size, axis, count_pads) for axis in (0, 1))
        factor = math.prod(window.kernel) / (rows[:, None] * columns[None, :])
        plain = super()._steps(window, size, count_pads)
        return plain if (factor == 1).all() else [*plain, Step(Mul(), (factor[None, None].astype(np.float32),))]

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


Rule = Literal["half_pixel", "align_corners", "asymmetric"]


@dataclass(frozen=True)
class Resize(Op):
    """Resize x [N,C,H,W] to `size` (height, width) in pixels.

    nearest: source index = ⌊i · in/out⌋ (asymmetric, floor), as in torch's `interpolate`; linear: by `rule`, as ONNX
    names it. `by_scales` says that ONNX is to have scales even where a linear one is not exact.
    """

    onnx_types: ClassVar[tuple[str, ...]] = ("Resize", "Upsample")
    layout: ClassVar[LayoutRule] = "image"

    size: tuple[int, int] = (1, 1)
    mode: Literal["nearest", "linear"] = "nearest"
    rule: Rule = "half_pixel"
    by_scales: bool = False

    def infer(self, inputs: Sequence[TensorType]) -> tuple[TensorType, ...]:
        """[N,C,*size]."""
        require(inputs[0].rank == 4 and min(self.size) > 0, f"cannot resize {inputs[0]} to {self.size}")
        return (inputs[0].with_shape((*inputs[0].shape[:2], *self.size)),)

    @classmethod
    def from_onnx(cls, node: OnnxNode) -> tuple[Op, tuple[str, ...]]:
        """The op where its map is one of those above, or the chain that computes another map, axis by axis."""
        before, (after, scales) = node.input_shapes[0], read_scales(node)
        image = len(before) in {3, 4} and after[:2] == before[:2]
        require(image, f"{node.op_type} may change the image axes only")
        require(min(after) > 0, f"{node.op_type} leaves nothing of {list(before)}")
        way, unit = read_resampling(node), (1,) * (4 - len(before))
        grid = [(*unit, *numbers[2:]) for numbers in (before, after, scales)]
        axes = [(int(old), int(new), float(by)) for old, new, by in zip(*grid, strict=True)]
        steps = _same_map(way, axes) or _other_map(way, axes, (*before[:2], *grid[0]))
        if unit:
            return over_one_axis(before, *steps), node.inputs[:1]
        return steps[0].op if len(steps) == 1 and not steps[0].constants else Spelling((tuple(steps),)), node.inputs[:1]

    def to_onnx(self, inputs: Sequence[TensorType]) -> OnnxForm:
        """Scales where they are equivalent to sizes: runtimes optimize them better and accept them with any batch."""
        nearest = {"coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
        linear = {"coordinate_transformation_mode": self.rule}
        attributes = {"mode": self.mode, **(nearest if self.mode == "nearest" else linear)}
        empty = np.zeros(0, np.float32)
        pairs = zip(inputs[0].shape[2:], self.size, strict=True)
        scales = [_scale(before, after, self.mode == "nearest", self.by_scales) for before, after in pairs]
        if None not in scales:
            return OnnxForm("Resize", attributes, (empty, np.array([1, 1, *scales], np.float32)))
        sizes = np.array(self.size, np.int64)
        return OnnxForm("Resize", {**attributes, "axes": [2, 3]}, (empty, empty, sizes))


def _same_map(way: Resampling, axes: Sequence[tuple[int, int, float]]) -> list[Step]:
    """The Resize with the same map along (height, width); none if there is no such."""
    size = (axes[0][1], axes[1][1])
    if way.mode == "nearest":
        floors = [tuple(i * old // new for i in range(new)) for old, new, _ in axes]
        same = floors == [way.indices(*axis) for axis in axes]
        return [Step(Resize(size))] if same else []
    wanted = [way.weights(*axis) for axis in axes]
    for rule in get_args(Rule):
        plain = [Resampling("linear", rule).weights(old, new, new / old) for old, new, _ in axes]
        if all(np.abs(a - b).max() < TOLERANCE for a, b in zip(plain, wanted, strict=True)):
            return [Step(Resize(size, "linear", rule))]
    return []


def _other_map(way: Resampling, axes: Sequence[tuple[int, int, float]], shape: Sequence[int]) -> list[Step]:
    """Elements taken along each axis, or a product with each axis' weights: a 1×1 convolution over its pixels."""
    if way.mode == "nearest":
        taken = [way.indices(*axis) for axis in axes]
        now = (*shape[:2], len(taken[0]), shape[3])
        chosen = [(axis, i) for axis, i in enumerate(taken, 2) if i != tuple(range(shape[axis]))]
        return [Step(take(now, axis, i)) for axis, i in chosen]
    steps = []
    for axis, perm in zip(axes, ((0, 2, 1, 3), (0, 3, 2, 1)), strict=True):
        weights = way.weights(*axis)
        if weights.shape[0] != weights.shape[1] or np.abs(weights - np.eye(len(weights))).max() > TOLERANCE:
            product = Step(Conv(), (weights[:, :, None, None].astype(np.float32),))
            steps += [Step(Transpose(perm)), product, Step(Transpose(perm))]
    return steps


def _scale(before: int, after: int, nearest: bool, close_enough: bool) -> float | None:
    """A float32 scale that resizes an axis of `before` pixels exactly to `after`; None if there is none.

    For "nearest" it must give the same source index everywhere, in float32 and in float64; else it must be exact, or
    the next to that if it is `close_enough`.
    """
    ratio, close = Fraction(after, before), np.float32(after / before)
    if Fraction(float(close)) == ratio:
        return float(close)
    candidates = (close, np.nextafter(close, np.float32(np.inf))) if nearest or close_enough else ()
    return next((float(scale) for scale in candidates if _resizes(scale, before, after, nearest)), None)


def _resizes(scale: np.float32, before: int, after: int, nearest: bool) -> bool:
    """Whether resizing by a scale gives the size `after` and, for "nearest", the same source index everywhere."""
    index = np.arange(after)
    wanted = index * before // after
    single = np.floor(index.astype(np.float32) / scale)
    double = np.floor(index / float(scale))
    sizes = (math.floor(np.float32(before) * scale), math.floor(before * float(scale)))
    same = bool((single == wanted).all() and (double == wanted).all())
    return sizes == (after, after) and (same or not nearest)
