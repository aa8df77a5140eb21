"""Local response normalization, of networks from before batch normalization."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from typing_extensions import Self

from edgeface.graph.ops.activations import Unary
from edgeface.graph.ops.base import LayoutRule, OnnxNode, require


@dataclass(frozen=True)
class LocalResponse(Unary):
    """Each value over (bias + alpha / size · Σ x²)^beta, the sum over the `size` channels around its own.

    Source: Krizhevsky et al., NIPS 2012, section 3.3; alpha as ONNX has it, before it is divided by the size.
    """

    onnx_types: ClassVar[tuple[str, ...]] = ("LRN",)
    layout: ClassVar[LayoutRule] = "image"
    float_only: ClassVar[str] = "no runtime has an integer kernel of local response normalization"

    size: int = 1
    alpha: float = 1e-4
    beta: float = 0.75
    bias: float = 1.0

    @classmethod
    def from_onnx(cls, node: OnnxNode) -> tuple[Self, tuple[str, ...]]:
        """An odd number of channels, so that a value has as many before it as behind it."""
        size = node.attributes["size"]
        require(size % 2 == 1, f"LRN over {size} channels is not supported", "use an odd number of channels")
        require(len(node.input_shapes[0]) == 4, "LRN is supported for images only")
        given = {name: node.attributes[name] for name in ("alpha", "beta", "bias") if name in node.attributes}
        return cls(size, **given), node.inputs
