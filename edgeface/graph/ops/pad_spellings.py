"""Pads that crop, that mirror or repeat what they surround, or that are not zero."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from edgeface.graph.ops.base import Op, require
from edgeface.graph.ops.constant_pad import ConstantPad
from edgeface.graph.ops.shape import Pad, Reshape, Slice
from edgeface.graph.ops.spelling import Spelling, chain
from edgeface.graph.ops.take import take

_MIRRORS = ("reflect", "edge", "wrap")


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
    return tuple(np.pad(np.arange(size), (begin, end), mode=mode).tolist())  # type: ignore[call-overload]
