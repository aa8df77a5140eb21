"""Pad as ONNX writes it: it may crop, mirror or repeat what it surrounds, or add another number than zero."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from edgeface.graph.ops.base import OnnxNode, Op, normal_axis, require
from edgeface.graph.ops.constant_pad import ConstantPad
from edgeface.graph.ops.shape import Pad, Reshape, Slice
from edgeface.graph.ops.spelling import Spelling, chain
from edgeface.graph.ops.take import take

MOST_PADS = 2**16
_MIRRORS = ("reflect", "edge", "wrap")


@dataclass(frozen=True, eq=False)
class PadSpelling(Spelling):
    """A Pad with zeros, another constant, or elements of the input; what it crops is a Slice."""

    onnx_types: ClassVar[tuple[str, ...]] = ("Pad",)

    @classmethod
    def from_onnx(cls, node: OnnxNode) -> tuple[Op, tuple[str, ...]]:
        """Pads of all axes or of some, and the value, as constants or attributes."""
        rank, given = len(node.input_shapes[0]), node.numbers(1, "pads" if node.opset > 1 else "paddings")
        axes = node.integers(3, "axes") if node.given(3) else list(range(rank))
        require(len(given) == 2 * len(axes), f"Pad has {len(given)} pads for {len(axes)} axes")
        pads = [0] * 2 * rank
        for index, axis in enumerate(axes):
            place = normal_axis(int(axis), rank)
            pads[place], pads[place + rank] = given[index], given[index + len(axes)]
        mode = node.attributes.get("mode", b"constant").decode()
        value = node.constant(2, "value") if node.given(2) else node.attributes.get("value", 0.0)
        number = float(np.asarray(value).reshape(-1)[0]) if np.size(value) else 0.0
        require(not np.isnan(number), "Pad with NaN is not supported")
        if mode == "constant" and number == 0 and min(pads) >= 0:
            return Pad(tuple(pads)), node.inputs[:1]
        return spelled_pad(node.input_shapes[0], pads, mode, number), node.inputs[:1]


def spelled_pad(shape: Sequence[int], pads: Sequence[int], mode: str, value: float) -> Spelling:
    """A Pad as slices and other ops.

    Args:
        shape: of the input.
        pads: all begins, then all ends; negative ones crop.
        mode: as ONNX names it.
        value: around the input in mode "constant".

    Raises:
        GraphError: another mode, or a reflection that is longer than the input.
    """
    require(mode in {"constant", *_MIRRORS}, f"Pad in mode {mode} is not supported")
    rank, steps = len(shape), list[Op]()
    begins, ends = pads[:rank], pads[rank:]
    if min(pads) < 0:
        starts = tuple(max(-n, 0) for n in begins)
        stops = tuple(size - max(-n, 0) for size, n in zip(shape, ends, strict=True))
        steps.append(Slice(starts, stops))
        shape = [stop - start for start, stop in zip(starts, stops, strict=True)]
    added = [max(n, 0) for n in pads]
    if mode == "constant" and any(added):
        steps.append(Pad(tuple(added)) if value == 0 else ConstantPad(tuple(added), value))
    for axis in range(rank) if mode in _MIRRORS else ():
        if added[axis] or added[axis + rank]:
            index = _mirrored(shape[axis], added[axis], added[axis + rank], mode)
            steps.append(take(shape, axis, index))
            shape = [len(index) if i == axis else size for i, size in enumerate(shape)]
    return chain(*(steps or [Reshape(tuple(shape))]))


def _mirrored(size: int, begin: int, end: int, mode: str) -> tuple[int, ...]:
    """The element of each place of an axis after padding."""
    fits = mode != "reflect" or max(begin, end) < size
    require(fits, f"Pad reflects {begin} and {end} elements of an axis with {size}")
    require(begin + end <= MOST_PADS, f"Pad of {begin + end} elements in mode {mode} is not supported")
    return tuple(np.pad(np.arange(size), (begin, end), mode=mode).tolist())  # type: ignore[call-overload]
