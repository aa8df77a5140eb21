"""Ops that only move data: reshape, transpose, slice, pad."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from typing_extensions import Self

from edgeface.errors import GraphError
from edgeface.graph.ops.base import LayoutRule, OnnxForm, OnnxNode, Op, normal_axis, require
from edgeface.graph.types import TensorType


@dataclass(frozen=True)
class Reshape(Op):
    """A static shape, elements in logical order. Flatten, Squeeze and Unsqueeze are read as Reshape."""

    onnx_types: ClassVar[tuple[str, ...]] = ("Reshape", "Flatten", "Squeeze", "Unsqueeze")
    layout: ClassVar[LayoutRule] = "reshape"

    shape: tuple[int, ...] = ()

    def infer(self, inputs: Sequence[TensorType]) -> tuple[TensorType, ...]:
        """The static shape."""
        found = inputs[0].with_shape(self.shape)
        fits = found.count == inputs[0].count and min(self.shape, default=1) > 0
        require(fits, f"cannot reshape {inputs[0]} to {found}")
        return (found,)

    @classmethod
    def from_onnx(cls, node: OnnxNode) -> tuple[Self, tuple[str, ...]]:
        """Resolve 0 and −1 against the input's shape."""
        before = node.input_shapes[0]
        if node.op_type == "Flatten":
            axis = node.attributes.get("axis", 1)  # may also be the rank: all axes before it
            axis = axis if axis == len(before) else normal_axis(axis, len(before))
            shape = [int(np.prod(before[:axis])), int(np.prod(before[axis:]))]
        elif node.op_type == "Reshape":
            wanted = node.integers(1, "shape")
            empty = bool(node.attributes.get("allowzero", 0)) and 0 in wanted
            require(not empty, "a Reshape to an axis of length 0 (allowzero) is not supported: it leaves nothing")
            shape = [before[i] if n == 0 else int(n) for i, n in enumerate(wanted)]
            if -1 in shape:
                known = int(np.prod([n for n in shape if n != -1]))
                shape[shape.index(-1)] = int(np.prod(before)) // max(known, 1)
        else:
            shape = _squeezed(node)
        return cls(tuple(shape)), node.inputs[:1]

    def to_onnx(self, inputs: Sequence[TensorType]) -> OnnxForm:
        """Reshape with a constant shape; an unchanged first axis may have any length. A single number is squeezed."""
        if not self.shape:
            return OnnxForm("Squeeze")
        kept = bool(self.shape) and inputs[0].shape[:1] == self.shape[:1]
        shape = (0, *self.shape[1:]) if kept else self.shape
        return OnnxForm("Reshape", {}, (np.array(shape, np.int64),))


def _squeezed(node: OnnxNode) -> list[int]:
    shape = list(node.input_shapes[0])
    axes = node.integers(1, "axes") if node.given(1) else node.attributes.get("axes")
    if node.op_type == "Squeeze":
        drop = {a % len(shape) for a in axes} if axes is not None else {i for i, n in enumerate(shape) if n == 1}
        return [n for i, n in enumerate(shape) if i not in drop]
    if axes is None:
        raise GraphError("Unsqueeze needs axes")
    for axis in sorted(a % (len(shape) + len(axes)) for a in axes):
        shape.insert(axis, 1)
    return shape


@dataclass(frozen=True)
class Transpose(Op):
    """Output axis i is input axis perm[i]."""

    onnx_types: ClassVar[tuple[str, ...]] = ("Transpose",)
    layout: ClassVar[LayoutRule] = "permute"

    perm: tuple[int, ...] = ()

    def infer(self, inputs: Sequence[TensorType]) -> tuple[TensorType, ...]:
        """Permuted shape."""
        x = inputs[0]
        require(sorted(self.perm) == list(range(x.rank)), f"{self.perm} does not permute the axes of {x}")
        return (x.with_shape(tuple(x.shape[p] for p in self.perm)),)

    @classmethod
    def from_onnx(cls, node: OnnxNode) -> tuple[Self, tuple[str, ...]]:
        """Without `perm` the axes are reversed."""
        return cls(tuple(node.attributes.get("perm", range(len(node.input_shapes[0]))[::-1]))), node.inputs


@dataclass(frozen=True)
class Slice(Op):
    """Elements starts[i] … ends[i] (exclusive) of every axis, step 1."""

    starts: tuple[int, ...] = ()
    ends: tuple[int, ...] = ()

    def infer(self, inputs: Sequence[TensorType]) -> tuple[TensorType, ...]:
        """The lengths of the ranges."""
        x = inputs[0]
        ranges = list(zip(self.starts, self.ends, x.shape, strict=True))
        require(all(0 <= s < e <= n for s, e, n in ranges), f"slice {self.starts}…{self.ends} does not fit {x}")
        return (x.with_shape(tuple(e - s for s, e, _ in ranges)),)

    def to_onnx(self, inputs: Sequence[TensorType]) -> OnnxForm:
        """Slice over the axes that it shortens; over the first if none, since ONNX Runtime refuses empty lists."""
        whole = zip(self.starts, self.ends, inputs[0].shape, strict=True)
        axes = [axis for axis, (start, end, size) in enumerate(whole) if (start, end) != (0, size)] or [0]
        starts, ends = ([bounds[axis] for axis in axes] for bounds in (self.starts, self.ends))
        return OnnxForm("Slice", {}, tuple(np.array(numbers, np.int64) for numbers in (starts, ends, axes)))


@dataclass(frozen=True)
class Pad(Op):
    """Zeros added before and after every axis: `pads` is all begins, then all ends."""

    pads: tuple[int, ...] = ()

    def infer(self, inputs: Sequence[TensorType]) -> tuple[TensorType, ...]:
        """The padded shape."""
        x = inputs[0]
        require(len(self.pads) == 2 * x.rank and min(self.pads) >= 0, f"pads {self.pads} do not fit {x}")
        return (x.with_shape(tuple(n + self.pads[i] + self.pads[i + x.rank] for i, n in enumerate(x.shape))),)

    def to_onnx(self, inputs: Sequence[TensorType]) -> OnnxForm:  # noqa: ARG002
        """Pad with zeros."""
        return OnnxForm("Pad", {}, (np.array(self.pads, np.int64),))
