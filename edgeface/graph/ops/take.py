"""Elements of one axis, chosen by constant indices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from edgeface.graph.ops.base import OnnxForm, OnnxNode, Op, normal_axis, require
from edgeface.graph.ops.shape import Reshape, Slice
from edgeface.graph.ops.spelling import chain
from edgeface.graph.types import TensorType


@dataclass(frozen=True)
class Take(Op):
    """Element i along `axis` is the input's element indices[i], counted from the front. ONNX: Gather."""

    onnx_types: ClassVar[tuple[str, ...]] = ("Gather",)

    axis: int = 0
    indices: tuple[int, ...] = ()

    def infer(self, inputs: Sequence[TensorType]) -> tuple[TensorType, ...]:
        """As many elements as indices."""
        x = inputs[0]
        axis = normal_axis(self.axis, x.rank)
        inside = bool(self.indices) and min(self.indices) >= 0 and max(self.indices) < x.shape[axis]
        require(inside, f"indices to gather lie outside axis {axis} of {x}")
        return (x.with_shape((*x.shape[:axis], len(self.indices), *x.shape[axis + 1 :])),)

    @classmethod
    def from_onnx(cls, node: OnnxNode) -> tuple[Op, tuple[str, ...]]:
        """Constant indices: of any shape, counted from the front or from the end; neighbours are a Slice."""
        shape, indices = node.input_shapes[0], node.constant(1, "indices")
        require(indices.dtype.kind == "i", f"Gather by {indices.dtype} is not supported")
        axis = normal_axis(int(node.attributes.get("axis", 0)), len(shape))
        counted = tuple(int(i) + shape[axis] if i < 0 else int(i) for i in indices.reshape(-1))
        taken = take(shape, axis, counted)
        if indices.ndim == 1:
            return taken, node.inputs[:1]
        return chain(taken, Reshape((*shape[:axis], *indices.shape, *shape[axis + 1 :]))), node.inputs[:1]

    def to_onnx(self, inputs: Sequence[TensorType]) -> OnnxForm:  # noqa: ARG002
        """Gather with a list of indices."""
        return OnnxForm("Gather", {"axis": self.axis}, (np.array(self.indices, np.int64),))


def take(shape: Sequence[int], axis: int, indices: tuple[int, ...]) -> Op:
    """The op that takes elements of an axis: a Slice where they are neighbours in order."""
    first = indices[0] if indices else 0
    if indices != tuple(range(first, first + len(indices))):
        return Take(axis, indices)
    starts, ends = [0] * len(shape), list(shape)
    starts[axis], ends[axis] = first, first + len(indices)
    return Slice(tuple(starts), tuple(ends))
