"""Slices with steps."""

from __future__ import annotations

from collections.abc import Sequence

from edgeface.graph.ops.base import Op
from edgeface.graph.ops.spelling import Spelling, chain
from edgeface.graph.ops.strided_slice import StridedSlice
from edgeface.graph.ops.take import Take


def stepped(ranges: Sequence[range]) -> Spelling:
    """One slice for what runs forwards, then the axes that run backwards, each by its indices."""
    steps: list[Op] = [Take(axis, tuple(found)) for axis, found in enumerate(ranges) if found.step < 0]
    forward = [range(_size(found)) if found.step < 0 else found for found in ranges]
    if any(found.step != 1 or found.start for found in forward):
        starts, ends, sizes = ([getattr(r, name) for r in forward] for name in ("start", "stop", "step"))
        steps.append(StridedSlice(tuple(starts), tuple(ends), tuple(sizes)))
    return chain(*steps)


def _size(found: range) -> int:
    return len(found)
