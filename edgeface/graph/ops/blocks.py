"""Blocks of pixels as channels, and back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from edgeface.graph.ops.base import LayoutRule, OnnxForm, OnnxNode, Op, require
from edgeface.graph.ops.spelling import Step, chain
from edgeface.graph.ops.take import Take
from edgeface.graph.types import TensorType


@dataclass(frozen=True)
class DepthToSpace(Op):
    """[N,C·b²,H,W] → [N,C,H·b,W·b]: channel (i·b + j)·C + c becomes pixel (i, j) of a block of channel c (DCR)."""

    onnx_types: ClassVar[tuple[str, ...]] = ("DepthToSpace",)
    layout: ClassVar[LayoutRule] = "image"

    block: int = 1

    def infer(self, inputs: Sequence[TensorType]) -> tuple[TensorType, ...]:
        """Fewer channels, more pixels."""
        x, b = inputs[0], self.block
        fits = x.rank == 4 and b > 0 and x.shape[1] % (b * b) == 0
        require(fits, f"DepthToSpace with blocks of {b} does not fit {x}")
        n, c, h, w = x.shape
        return (x.with_shape((n, c // (b * b), h * b, w * b)),)

    @classmethod
    def from_onnx(cls, node: OnnxNode) -> tuple[Op, tuple[str, ...]]:
        """With CRD (PixelShuffle), where the channel counts before the pixel, channels are reordered first."""
        op, channels = cls(int(node.attributes["blocksize"])), node.input_shapes[0][1]
        mode = node.attributes.get("mode", b"DCR")
        require(mode in {b"DCR", b"CRD"}, f"DepthToSpace in mode {mode!r} is not supported")
        if mode == b"DCR" or channels % op.block**2:
            return op, node.inputs
        order = np.arange(channels).reshape(-1, op.block**2).T.reshape(-1)
        return chain(Take(1, tuple(order.tolist())), Step(op)), node.inputs

    def to_onnx(self, inputs: Sequence[TensorType]) -> OnnxForm:  # noqa: ARG002
        """DepthToSpace in mode DCR."""
        return OnnxForm("DepthToSpace", {"blocksize": self.block, "mode": "DCR"})


@dataclass(frozen=True)
class SpaceToDepth(Op):
    """[N,C,H·b,W·b] → [N,C·b²,H,W]: the inverse of DepthToSpace."""

    onnx_types: ClassVar[tuple[str, ...]] = ("SpaceToDepth",)
    layout: ClassVar[LayoutRule] = "image"

    block: int = 1

    def infer(self, inputs: Sequence[TensorType]) -> tuple[TensorType, ...]:
        """More channels, fewer pixels."""
        x, b = inputs[0], self.block
        fits = x.rank == 4 and b > 0 and x.shape[2] % b == 0 and x.shape[3] % b == 0
        require(fits, f"SpaceToDepth with blocks of {b} does not fit {x}")
        n, c, h, w = x.shape
        return (x.with_shape((n, c * b * b, h // b, w // b)),)

    @classmethod
    def from_onnx(cls, node: OnnxNode) -> tuple[Op, tuple[str, ...]]:
        """The op."""
        return cls(int(node.attributes["blocksize"])), node.inputs

    def to_onnx(self, inputs: Sequence[TensorType]) -> OnnxForm:  # noqa: ARG002
        """SpaceToDepth."""
        return OnnxForm("SpaceToDepth", {"blocksize": self.block})
