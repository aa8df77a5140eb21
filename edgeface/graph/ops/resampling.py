"""What ONNX's Resize and Upsample compute along one axis: the pixel, or the weights of the pixels, of each result.

Equal maps are equal ops: attributes with different names often mean the same, and are compared by what they do.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from edgeface.graph.ops.base import OnnxNode, normal_axis, require
from edgeface.graph.types import Array

MOST_PIXELS = 2**12
"""Of an axis of a resized image; a product with its weights takes the square of it."""

TOLERANCE = 1e-5
"""Of weights: coordinates are float32 in runtimes."""


@dataclass(frozen=True)
class Resampling:
    """The rules of a Resize.

    Attributes:
        mode: "nearest", "linear" or "cubic".
        rule: how a result's position becomes one in the input, as ONNX names it.
        rounding: of positions, for "nearest".
        cubic: the coefficient of cubic weights.
        exclude_outside: whether cubic weights outside the input are left out.
    """

    mode: str
    rule: str
    rounding: str = "floor"
    cubic: float = -0.75
    exclude_outside: bool = False

    def indices(self, before: int, after: int, scale: float) -> tuple[int, ...]:
        """For "nearest": the input's pixel for each of `after` results, in ONNX Runtime's float32 arithmetic."""
        x = self._positions(before, after, scale, np.float32)
        found = np.clip(_ROUNDINGS[self.rounding](x, scale), 0, before - 1)
        return tuple(found.astype(np.int64).tolist())

    def weights(self, before: int, after: int, scale: float) -> Array:
        """For "linear" and "cubic": the weight of each pixel in each result, float64 [after, before]."""
        x = self._positions(before, after, scale, np.float64)
        x = np.clip(x, 0, before - 1) if self.mode == "linear" else x
        start = np.floor(x).astype(np.int64)
        found = np.zeros((after, before))
        taps = (0, 1) if self.mode == "linear" else (-1, 0, 1, 2)
        for tap in taps:
            share = self._share(np.abs(x - start - tap))
            if self.exclude_outside and self.mode == "cubic":
                share = np.where((start + tap >= 0) & (start + tap < before), share, 0.0)
            np.add.at(found, (np.arange(after), np.clip(start + tap, 0, before - 1)), share)
        found /= found.sum(axis=1, keepdims=True)
        return found

    def _share(self, distance: Array) -> Array:
        """The weight of a pixel at a distance from the position."""
        if self.mode == "linear":
            return 1.0 - distance
        a, d = self.cubic, distance
        near = ((a + 2) * d - (a + 3)) * d * d + 1
        far = ((a * d - 5 * a) * d + 8 * a) * d - 4 * a
        found: Array = np.where(d <= 1, near, far)
        return found

    def _positions(self, before: int, after: int, scale: float, kind: type[np.floating[Any]]) -> Array:
        """The position in the input of each result, in pixels."""
        i: Array = np.arange(after).astype(kind)
        by, half = kind(scale), kind(0.5)
        found: Array
        if scale == 1:  # ONNX Runtime leaves such an axis as it is, whatever the rule
            found = i
        elif self.rule == "asymmetric":
            found = i / by
        elif self.rule == "align_corners":
            found = i * kind(before - 1) / kind(max(after - 1, 1))
        elif self.rule == "pytorch_half_pixel" and after == 1:
            found = np.zeros(1, kind)
        elif self.rule == "tf_half_pixel_for_nn":
            found = (i + half) / by
        else:
            uneven = self.rule == "half_pixel_symmetric"
            shift = kind(before / 2 * (1 - after / (scale * before)) if uneven else 0)
            found = shift + (i + half) / by - half
        return found


def _simple(x: Array, scale: float) -> Array:
    """Before opset 11, as ONNX Runtime: up to the next pixel where the image shrinks, else down."""
    return np.ceil(x) if scale < 1 else np.floor(x)


_ROUNDINGS: dict[str, Callable[[Array, float], Array]] = {
    "floor": lambda x, _: np.floor(x),
    "ceil": lambda x, _: np.ceil(x),
    "round_prefer_floor": lambda x, _: np.ceil(x - 0.5),
    "round_prefer_ceil": lambda x, _: np.floor(x + 0.5),
    "simple": _simple,
}
_RULES = (
    *("half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric", "tf_half_pixel_for_nn"),
    "half_pixel_symmetric",
)


def read_resampling(node: OnnxNode) -> Resampling:
    """The rules of a Resize or Upsample; before opset 11 they were asymmetric.

    Raises:
        GraphError: they are not supported.
    """
    a = node.attributes
    mode = {"bilinear": "linear"}.get(said := a.get("mode", b"nearest").decode(), said)
    old = node.op_type == "Upsample" or node.opset < 11
    rule = "asymmetric" if old else a.get("coordinate_transformation_mode", b"half_pixel").decode()
    require(mode in {"nearest", "linear", "cubic"}, f"{node.op_type} mode {mode} is not supported")
    require(rule in _RULES, f"{node.op_type} with {rule} coordinates is not supported", "resize the whole image")
    rounding = a.get("nearest_mode", b"round_prefer_floor").decode()
    require(rounding in _ROUNDINGS, f"{node.op_type} with nearest_mode {rounding} is not supported")
    require(not a.get("antialias", 0), "Resize with antialias is not supported", "export without antialias")
    return Resampling(
        mode,
        rule,
        "simple" if old else rounding,
        float(a.get("cubic_coeff_a", -0.75)),
        bool(a.get("exclude_outside", 0)),
    )


def read_scales(node: OnnxNode) -> tuple[tuple[int, ...], tuple[float, ...]]:
    """The shape after a Resize or Upsample, and the scale of each axis that positions are computed with.

    Raises:
        GraphError: sizes are computed, or only one side of the image counts.
    """
    before = list(node.input_shapes[0])
    policy = node.attributes.get("keep_aspect_ratio_policy", b"stretch")
    require(policy == b"stretch", "Resize that keeps the aspect ratio is not supported", "export with output sizes")
    axes = [normal_axis(axis, len(before)) for axis in node.attributes.get("axes", range(len(before)))]
    after, scales = list(before), [1.0] * len(before)
    if node.given(3):
        sizes = node.integers(3, "sizes")
        require(len(sizes) == len(axes) and max(sizes) <= MOST_PIXELS, f"{node.op_type} to sizes {sizes}")
        for axis, size in zip(axes, sizes, strict=True):
            after[axis], scales[axis] = int(size), size / before[axis]
        return tuple(after), tuple(scales)
    old = node.op_type == "Upsample" or node.opset < 11
    given = node.attributes.get("scales")
    given = node.constant(1 if old else 2, "scales").reshape(-1).tolist() if given is None else given
    resized = list(zip((before[axis] for axis in axes), given, strict=False))
    fits = len(given) == len(axes) and all(0 < scale * n <= MOST_PIXELS for n, scale in resized)
    require(fits, f"{node.op_type} of {before} by scales {given} is not supported")
    for axis, scale in zip(axes, given, strict=True):
        after[axis] = _size(before[axis], scale)
        ratio = after[axis] / before[axis]
        scales[axis] = ratio if math.isclose(scale, ratio, rel_tol=1e-6) else scale
    return tuple(after), tuple(scales)


def _size(before: int, scale: float) -> int:
    """⌊before · scale⌋; a product that float32 leaves just below a whole number is that number."""
    exact = before * scale
    return round(exact) if abs(exact - round(exact)) < 1e-4 else math.floor(exact)
