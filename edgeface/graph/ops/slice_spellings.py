"""Slice as ONNX writes it: with negative bounds, bounds beyond the axis, and steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from edgeface.graph.ops.base import OnnxNode, Op, normal_axis, require
from edgeface.graph.ops.shape import Slice
from edgeface.graph.ops.spelling import Spelling, chain
from edgeface.graph.ops.strided_slice import StridedSlice
from edgeface.graph.ops.take import Take


@dataclass(frozen=True, eq=False)
class SliceSpelling(Spelling):
    """A Slice, a StridedSlice, or elements taken backwards."""

    onnx_types: ClassVar[tuple[str, ...]] = ("Slice",)

    @classmethod
    def from_onnx(cls, node: OnnxNode) -> tuple[Op, tuple[str, ...]]:
        """Starts, ends, axes and steps as constants."""
        shape = node.input_shapes[0]
        starts, ends = node.numbers(1, "starts"), node.numbers(2, "ends")
        axes = node.numbers(3, "axes") if node.given(3) or "axes" in node.attributes else range(len(starts))
        steps = node.integers(4, "steps") if node.given(4) else [1] * len(starts)
        same = len(starts) == len(ends) == len(axes) == len(steps)
        require(same, f"Slice has {len(starts)} starts, {len(ends)} ends, {len(axes)} axes and {len(steps)} steps")
        places = [normal_axis(axis, len(shape)) for axis in axes]
        require(len({*places}) == len(places), f"Slice names an axis twice: {list(axes)}")
        ranges = [range(size) for size in shape]
        for start, end, place, step in zip(starts, ends, places, steps, strict=True):
            require(step != 0, "Slice with steps of 0 is not supported")
            ranges[place] = _cut(shape[place], start, end, step)
        require(all(map(len, ranges)), f"slice {starts}…{ends} of {list(shape)} is empty")
        if all(found.step == 1 for found in ranges):
            return Slice(tuple(r.start for r in ranges), tuple(r.stop for r in ranges)), node.inputs[:1]
        return _stepped(shape, ranges), node.inputs[:1]


def _cut(size: int, start: int, end: int, step: int) -> range:
    """The elements of an axis of `size` that a Slice takes; bounds beyond the axis are its ends."""
    first, last = (0, size) if step > 0 else (-1, size - 1)
    start, end = (min(max(n + size if n < 0 else n, first), last) for n in (start, end))
    return range(start, end, step)


def _stepped(shape: Sequence[int], ranges: Sequence[range]) -> Spelling:
    """The axes that run backwards, each by its indices, then one slice for what runs forwards."""
    backwards: list[Op] = [Take(axis, tuple(found)) for axis, found in enumerate(ranges) if found.step < 0]
    forwards = [range(len(found)) if found.step < 0 else found for found in ranges]
    starts, stops, steps = (tuple(getattr(r, name) for r in forwards) for name in ("start", "stop", "step"))
    if set(steps) != {1}:
        return chain(*backwards, StridedSlice(starts, stops, steps))
    whole = list(map(len, forwards)) == [len(f) if f.step < 0 else n for f, n in zip(ranges, shape, strict=True)]
    return chain(*backwards, *([] if whole else [Slice(starts, stops)]))
