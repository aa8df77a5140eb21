"""Elements of an axis in steps or in any order."""

from __future__ import annotations

import math
from collections.abc import Sequence

from edgeface.backends.ncnn.emitter import Emitter
from edgeface.errors import GraphError
from edgeface.graph.ir import Node
from edgeface.graph.ops.base import normal_axis
from edgeface.graph.ops.strided_slice import StridedSlice
from edgeface.graph.ops.take import Take

MAX_RUNS = 64
"""Of neighbours that a Take may join: each is a layer."""


def lower_strided_slice(emitter: Emitter, node: Node) -> None:
    """A Crop of each axis, then a maximum over one element in so many: Crop has no steps."""
    op = node.op
    assert isinstance(op, StridedSlice)
    shape = list(emitter.graph.type(node.inputs[0]).shape)
    blob = emitter.read(node.inputs[0])
    for axis, (start, end, step) in enumerate(zip(op.starts, op.ends, op.steps, strict=True)):
        if (start, end, step) == (0, shape[axis], 1):
            continue
        blob = emitter.reshape(blob, (math.prod(shape[:axis]), shape[axis], math.prod(shape[axis + 1 :])))
        if (start, end) != (0, shape[axis]):
            blob = emitter.step("Crop", (blob,), {9: (start,), 10: (end,), 11: (1,)})
        if step > 1:
            blob = emitter.step("Pooling", (blob,), {1: 1, 2: 1, 12: step, 5: 1})
        shape[axis] = len(range(start, end, step))
    emitter.result_in_shape(node, blob)


def lower_take(emitter: Emitter, node: Node) -> None:
    """ShuffleChannel where the elements are those of groups in turn, else a Concat of Crops of neighbours."""
    op = node.op
    assert isinstance(op, Take)
    shape = emitter.graph.type(node.inputs[0]).shape
    axis = normal_axis(op.axis, len(shape))
    around = (math.prod(shape[:axis]), shape[axis], math.prod(shape[axis + 1 :]))
    groups = shuffled_groups(op.indices, shape[axis])
    if groups and around[0] == 1:
        source = emitter.read(node.inputs[0], (around[1], 1, around[2]))
        emitter.result(node, "ShuffleChannel", (source,), {0: groups}, shape=(around[1], 1, around[2]))
        return
    runs = neighbours(op.indices)
    if len(runs) > MAX_RUNS:
        raise GraphError(
            f"ncnn has no Gather; {len(op.indices)} elements in any order would be {len(runs)} layers",
            where=str(node),
            fix="choose neighbours, or export to tflite-fp32",
        )
    source = emitter.read(node.inputs[0], around)
    parts = [emitter.step("Crop", (source,), {9: (start,), 10: (end,), 11: (1,)}) for start, end in runs]
    made = (around[0], len(op.indices), around[2])
    if len(parts) == 1:
        emitter.result_in_shape(node, parts[0])
    else:
        emitter.result(node, "Concat", parts, {0: 1}, shape=made)


def neighbours(indices: Sequence[int]) -> list[tuple[int, int]]:
    """The ranges of which indices are made, in order."""
    runs: list[tuple[int, int]] = []
    for index in indices:
        if runs and runs[-1][1] == index:
            runs[-1] = (runs[-1][0], index + 1)
        else:
            runs.append((index, index + 1))
    return runs


def shuffled_groups(indices: Sequence[int], size: int) -> int:
    """The number of groups of which indices take one element in turn; 0 if they do not."""
    if len(indices) != size or size < 2 or indices[0] != 0:
        return 0
    each = indices[1]
    if each < 2 or size % each:
        return 0
    groups = size // each
    return groups if tuple(indices) == tuple(i % groups * each + i // groups for i in range(size)) else 0


LOWERINGS = {StridedSlice: lower_strided_slice, Take: lower_take}
