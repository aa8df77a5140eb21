"""Operands of element-wise layers in shapes with the same axes, of which there are at most four."""

from __future__ import annotations

from collections.abc import Sequence

from edgeface.backends.ncnn.blobs import MAX_AXES, has_batch


def broadcast_shapes(shapes: Sequence[Sequence[int]]) -> list[tuple[int, ...]] | None:
    """Shapes for operands that broadcast, all with as many axes; None if ncnn's are too few.

    A batch of one is left out. Of more than four axes, neighbours that all operands have, or lack, alike are taken
    together.
    """
    rank = max(map(len, shapes))
    full = [(1,) * (rank - len(shape)) + tuple(shape) for shape in shapes]
    if all(has_batch(shape) for shape in full):
        full = [shape[1:] for shape in full]
    if 0 < len(full[0]) <= MAX_AXES:
        return full
    axes = [axis for axis in zip(*full, strict=True) if max(axis) > 1]
    merged: list[list[int]] = []
    before: tuple[bool, ...] | None = None
    for axis in axes:
        pattern = tuple(size > 1 for size in axis)
        if pattern == before:
            merged[-1] = [a * b for a, b in zip(merged[-1], axis, strict=True)]
        else:
            merged.append(list(axis))
        before = pattern
    if len(merged) > MAX_AXES:
        return None
    return [tuple(sizes) for sizes in zip(*(merged or [[1] * len(shapes)]), strict=True)]
