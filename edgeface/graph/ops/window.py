"""Windows of ONNX's convolutions and pools, in two axes and with all their padding written out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from edgeface.graph.ops.base import OnnxNode, Op, require
from edgeface.graph.ops.shape import Reshape
from edgeface.graph.ops.spelling import Spelling, Step, chain
from edgeface.graph.types import Array, TensorType

_AUTO_PADS = {"NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER"}
_AXES = {1: "one-dimensional", 2: "two-dimensional"}


@dataclass(frozen=True)
class Window:
    """A window over the image axes; one axis in ONNX is the second of two here.

    Attributes:
        kernel: pixels.
        strides: pixels.
        pads: (top, left, bottom, right) in pixels, with what `ceil_mode` needs at the ends.
        dilations: pixels from one tap to the next.
        overhang: (bottom, right): the part of `pads` that `ceil_mode` added, which no mean counts.
        axes: 1 or 2.
    """

    kernel: tuple[int, int]
    strides: tuple[int, int]
    pads: tuple[int, int, int, int]
    dilations: tuple[int, int]
    overhang: tuple[int, int]
    axes: int


def read_window(node: OnnxNode, kernel: Sequence[int]) -> Window:
    """The window of a node whose first input is [N,C,L] or [N,C,H,W].

    Raises:
        GraphError: it has other than one or two axes.
    """
    a, axes = node.attributes, len(kernel)
    fits = axes in _AXES and len(node.input_shapes[0]) == axes + 2
    kinds = " and ".join(_AXES.values())
    require(fits, f"only {kinds} {node.op_type} is supported; the kernel has shape {list(kernel)}")
    strides, dilations = (tuple(a.get(name, (1,) * axes)) for name in ("strides", "dilations"))
    size, auto = node.input_shapes[0][2:], a.get("auto_pad", b"NOTSET").decode()
    pads = list(a.get("pads", (0,) * 2 * axes)) if auto == "NOTSET" else [0] * 2 * axes
    overhang = [0] * axes
    require(auto in _AUTO_PADS, f"{node.op_type} with auto_pad {auto} is not supported")
    lengths = (len(strides), len(dilations), len(pads))
    require(lengths == (axes, axes, 2 * axes), f"strides, dilations and pads of the {node.op_type} have other axes")
    require(min(pads) >= 0, f"{node.op_type} with negative pads is not supported", "crop by a Slice")
    if auto.startswith("SAME"):
        pads = list(same_pads(size, kernel, strides, dilations, auto == "SAME_LOWER"))
    elif a.get("ceil_mode", 0):
        for axis in range(axes):
            reach = dilations[axis] * (kernel[axis] - 1) + 1
            end = _ceil_end(size[axis] + pads[axis], pads[axes + axis], reach, strides[axis])
            overhang[axis] = end - pads[axes + axis]
            pads[axes + axis] = end
    unit = axes == 1
    return Window(
        two_axes(kernel, 1, unit),
        two_axes(strides, 1, unit),
        (*two_axes(pads[:axes], 0, unit), *two_axes(pads[axes:], 0, unit)),
        two_axes(dilations, 1, unit),
        two_axes(overhang, 0, unit),
        axes,
    )


def same_pads(
    size: Sequence[int], kernel: Sequence[int], strides: Sequence[int], dilations: Sequence[int], lower: bool
) -> tuple[int, ...]:
    """Pads, all begins, then all ends, of SAME_UPPER or SAME_LOWER: ⌈size/stride⌉ windows."""
    begins, ends = [], []
    for n, k, s, d in zip(size, kernel, strides, dilations, strict=True):
        total = max((math.ceil(n / s) - 1) * s + d * (k - 1) + 1 - n, 0)
        small, large = total // 2, total - total // 2
        begins.append(large if lower else small)
        ends.append(small if lower else large)
    return (*begins, *ends)


def over_one_axis(shape: tuple[int, ...], *steps: Op | Step) -> Spelling:
    """Steps over [N,C,1,L] as a spelling over [N,C,L]."""
    inner = chain(Reshape((*shape[:2], 1, *shape[2:])), *steps)
    n, c, _, length = inner.infer([TensorType(shape)])[0].shape
    return chain(*inner.chains[0], Reshape((n, c, length)))


def window_count(window: Window, size: Sequence[int], axis: int) -> int:
    """How many windows an axis has."""
    reach = window.dilations[axis] * (window.kernel[axis] - 1) + 1
    return (size[axis] + window.pads[axis] + window.pads[axis + 2] - reach) // window.strides[axis] + 1


def counted_pixels(window: Window, size: Sequence[int], axis: int, count_pads: bool) -> Array:
    """How many pixels of an axis a mean counts in each window, float64; at least 1."""
    low = -window.pads[axis] if count_pads else 0
    high = size[axis] + (window.pads[axis + 2] - window.overhang[axis] if count_pads else 0)
    starts = np.arange(window_count(window, size, axis)) * window.strides[axis] - window.pads[axis]
    counted = np.minimum(starts + window.kernel[axis], high) - np.maximum(starts, low)
    found: Array = np.maximum(counted, 1).astype(np.float64)
    return found


def dilated_taps(window: Window, size: Sequence[int], axis: int) -> tuple[int, ...]:
    """The pixel of each tap of each window of an axis; a tap in the padding repeats another one of its window.

    Raises:
        GraphError: a window lies in the padding only.
    """
    taps = np.arange(window.kernel[axis]) * window.dilations[axis] - window.pads[axis]
    found: list[int] = []
    for start in range(window_count(window, size, axis)):
        pixels = taps + start * window.strides[axis]
        inside = pixels[(pixels >= 0) & (pixels < size[axis])]
        require(inside.size > 0, f"a window of the pool lies in its padding only (axis {axis + 2})")
        found += [int(p) if 0 <= p < size[axis] else int(inside[0]) for p in pixels]
    return tuple(found)


def _ceil_end(begun: int, end: int, reach: int, stride: int) -> int:
    """The end pad with which a count rounded down gives as many windows as one rounded up.

    No window may begin behind the pixels and their pads at the begin (`begun`).
    """
    count = max(math.ceil((begun + end - reach) / stride), 0) + 1
    if (count - 1) * stride >= begun:
        count -= 1
    return max(end, (count - 1) * stride + reach - begun)


def two_axes(numbers: Sequence[int], unit: int, one_axis: bool) -> tuple[int, int]:
    """Numbers of one or two axes for two, with `unit` for the first where there is one.

    Raises:
        GraphError: there are more or fewer numbers.
    """
    require(len(numbers) == 2 - one_axis, f"{list(numbers)} are not the numbers of {2 - one_axis} axes")
    first, second = (unit, *numbers) if one_axis else numbers
    return int(first), int(second)
