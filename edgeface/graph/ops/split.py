"""Split: one Slice for each part that is read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from edgeface.graph.ops.base import OnnxNode, Op, normal_axis, require
from edgeface.graph.ops.spelling import Spelling, Step
from edgeface.graph.ops.take import take


@dataclass(frozen=True, eq=False)
class Split(Spelling):
    """Parts of one axis, in order."""

    onnx_types: ClassVar[tuple[str, ...]] = ("Split",)

    @classmethod
    def from_onnx(cls, node: OnnxNode) -> tuple[Op, tuple[str, ...]]:
        """Sizes as a constant (opset 13), an attribute, or equal but for the last one (opset 18)."""
        shape, axis = node.input_shapes[0], normal_axis(int(node.attributes.get("axis", 0)), len(node.input_shapes[0]))
        if node.given(1):
            sizes = node.integers(1, "split")
        elif "split" in node.attributes:
            sizes = list(node.attributes["split"])
        else:
            parts = int(node.attributes.get("num_outputs", node.outputs))
            size = -(-shape[axis] // parts)
            sizes = [*[size] * (parts - 1), shape[axis] - size * (parts - 1)]
        require(len(sizes) == node.outputs, f"Split has {len(sizes)} sizes for {node.outputs} outputs")
        fits = sum(sizes) == shape[axis] and min(sizes, default=0) > 0
        require(fits, f"Split in parts of {sizes} does not fit the {shape[axis]} elements of axis {axis}")
        ends = [sum(sizes[: i + 1]) for i in range(len(sizes))]
        slices = [take(shape, axis, tuple(range(end - size, end))) for size, end in zip(sizes, ends, strict=True)]
        return Spelling(tuple((Step(part),) for part in slices)), node.inputs[:1]
