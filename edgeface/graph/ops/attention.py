"""Scaled dot-product attention of ONNX's opset 23, which `expand_products` replaces by what it is made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from edgeface.graph.ops.activations import Softmax, Tanh
from edgeface.graph.ops.arithmetic import Add, Mul
from edgeface.graph.ops.base import OnnxNode, Op, require
from edgeface.graph.ops.comparison import Where
from edgeface.graph.ops.matmul import MatMul
from edgeface.graph.ops.rows import Rows
from edgeface.graph.ops.shape import Reshape, Transpose
from edgeface.graph.types import TensorType

MASKED = -3e4
"""Added to the score of what may not be seen: its exponential is 0, and float16 still holds it."""


@dataclass(frozen=True)
class Attention(Op):
    """Inputs q, k, v [N,T,heads·d] or [N,heads,T,d], and optionally a mask: softmax(scale·q·kᵀ + mask)·v."""

    onnx_types: ClassVar[tuple[str, ...]] = ("Attention",)
    spelled: ClassVar[bool] = True  # the opset that is written has no Attention

    heads: int = 1
    scale: float = 1.0
    softcap: float = 0.0
    causal: bool = False

    def infer(self, inputs: Sequence[TensorType]) -> tuple[TensorType, ...]:
        """The shape of q, with the width of v."""
        q, k, v = inputs[:3]
        joined = q.rank == 3
        require(q.rank in {3, 4} and k.rank == v.rank == q.rank, f"attention of {q}, {k} and {v} is not supported")
        if not joined:
            same = q.shape[1] == k.shape[1] == v.shape[1]
            require(same, f"heads that share keys and values are not supported: {q}, {k}, {v}")
        fits = q.shape[-1] == k.shape[-1] and k.shape[-2] == v.shape[-2]
        require(fits, f"heads that share keys and values, or shapes that do not fit: {q}, {k}, {v}")
        return (q.with_shape((*q.shape[:-1], v.shape[-1])),)

    def macs(self, inputs: Sequence[TensorType], outputs: Sequence[TensorType]) -> int:
        """Scores, and the mean of the values that they weigh."""
        q, k, v = (each.shape for each in inputs[:3])
        heads = 1 if len(q) == 3 else q[1]
        return outputs[0].shape[0] * heads * q[-2] * k[-2] * (q[-1] + v[-1])

    @classmethod
    def from_onnx(cls, node: OnnxNode) -> tuple[Op, tuple[str, ...]]:
        """Without a cache of earlier keys and values."""
        a, shape = node.attributes, node.input_shapes[0]
        require(not node.given(4) and not node.given(5), "Attention with past keys and values is not supported")
        heads = int(a.get("q_num_heads", 0)) if len(shape) == 3 else shape[1]
        require(heads > 0 and shape[-1] % (heads if len(shape) == 3 else 1) == 0, "Attention needs q_num_heads")
        shared = int(a.get("kv_num_heads", heads)) != heads
        require(not shared, "Attention whose heads share keys and values is not supported")
        size = shape[-1] // heads if len(shape) == 3 else shape[-1]
        scale, cap = float(a.get("scale", 0.0) or size**-0.5), float(a.get("softcap", 0.0))
        return cls(heads, scale, cap, bool(a.get("is_causal", 0))), tuple(n for n in node.inputs[:4] if n)

    def expand(self, rows: Rows) -> None:
        """Products of heads, each scaled by the root of the scale, as ONNX defines it."""
        root = np.sqrt(self.scale)
        q, k = (rows.add(Mul(), self._split(rows, index), root) for index in (0, 1))
        scores = rows.add(MatMul(), q, rows.add(Transpose((0, 1, 3, 2)), k))
        if self.softcap:
            scores = rows.add(Mul(), rows.add(Tanh(), rows.add(Mul(), scores, 1 / self.softcap)), self.softcap)
        if self.causal:
            seen = np.tril(np.ones((rows.inputs[0].shape[-2], rows.inputs[1].shape[-2])))
            scores = rows.add(Add(), scores, np.where(seen, 0.0, MASKED))
        if len(rows.inputs) > 3:
            masks = rows.inputs[3].dtype == "bool"
            scores = rows.add(Where(), 3, scores, MASKED) if masks else rows.add(Add(), scores, 3)
        made = rows.add(MatMul(), rows.add(Softmax(-1), scores), self._split(rows, 2))
        if rows.inputs[0].rank == 3:
            rows.add(Reshape(self.infer(rows.inputs)[0].shape), rows.add(Transpose((0, 2, 1, 3)), made))

    def _split(self, rows: Rows, index: int) -> int:
        """An input as [N,heads,T,d]."""
        kind = rows.inputs[index]
        if kind.rank == 4:
            return index
        n, tokens, width = kind.shape
        return rows.add(Transpose((0, 2, 1, 3)), rows.add(Reshape((n, tokens, self.heads, width // self.heads)), index))
