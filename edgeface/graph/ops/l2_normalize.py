"""Vectors of length one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from typing_extensions import Self

from edgeface.graph.ops.activations import Clip, Unary
from edgeface.graph.ops.arithmetic import Add, Div
from edgeface.graph.ops.base import OnnxNode, normal_axis, require
from edgeface.graph.ops.functions import Sqrt
from edgeface.graph.ops.reduction import ReduceL2, ReduceSumSquare
from edgeface.graph.ops.rows import Rows


@dataclass(frozen=True)
class L2Normalize(Unary):
    """x / max(√(Σx² + added), epsilon) along one axis, counted from the front."""

    onnx_types: ClassVar[tuple[str, ...]] = ("LpNormalization",)
    float_only: ClassVar[str] = ReduceSumSquare.float_only
    spelled: ClassVar[bool] = True  # ONNX Runtime has no LpNormalization in float16

    axis: int = 1
    epsilon: float = 1e-12
    added: float = 0.0

    @classmethod
    def from_onnx(cls, node: OnnxNode) -> tuple[Self, tuple[str, ...]]:
        """The norm of power 2."""
        power = node.attributes.get("p", 2)
        require(power == 2, f"LpNormalization with p = {power} is not supported", "normalize by the norm of power 2")
        return cls(normal_axis(node.attributes.get("axis", -1), len(node.input_shapes[0]))), node.inputs

    def expand(self, rows: Rows) -> None:
        """As it is defined."""
        # float16 has no number between 0 and 6e-8
        floor = max(self.epsilon, 1e-7) if rows.inputs[0].dtype == "float16" else self.epsilon
        if self.added:
            norm = rows.add(Sqrt(), rows.add(Add(), rows.add(ReduceSumSquare((self.axis,)), 0), self.added))
        else:
            norm = rows.add(ReduceL2((self.axis,)), 0)
        rows.add(Div(), 0, rows.add(Clip(floor), norm))
