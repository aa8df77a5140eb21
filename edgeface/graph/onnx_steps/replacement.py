"""Nodes that stand for one node in an ONNX model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from edgeface.graph.onnx_steps.walk import attribute_of

if TYPE_CHECKING:
    import onnx

_AXES_AS_INPUT = 18  # the opset from which ReduceMean's axes are an input
_OF_FUSION = frozenset({"activation", "activation_params", "activation_alpha", "activation_beta", "activation_gamma"})


class Replacement:
    """Nodes of an opset that replace one, with names that no other value has."""

    def __init__(self, replaced: onnx.NodeProto, opset: int) -> None:
        self.replaced = replaced
        self.opset = opset
        self.made: list[onnx.NodeProto] = []

    def add(self, op_type: str, *inputs: str, **attributes: Any) -> str:
        """The output of a new node."""
        from onnx import helper

        first = self.replaced.output[0]
        output = f"{first}/{op_type.lower()}_{len(self.made)}"
        name = f"{self.replaced.name or first}/{op_type.lower()}_{len(self.made)}"
        self.made.append(helper.make_node(op_type, list(inputs), [output], name=name, **attributes))
        return output

    def plain(self, op_type: str, *inputs: str) -> str:
        """The output of a new node with all attributes that are not of the fusion."""
        output = self.add(op_type, *inputs)
        self.made[-1].attribute.extend(a for a in self.replaced.attribute if a.name not in _OF_FUSION)
        return output

    def own(self, name: str, default: float) -> float:
        """A number among the replaced node's attributes."""
        attribute = attribute_of(self.replaced, name)
        return default if attribute is None else attribute.f

    def number(self, value: float) -> str:
        """A scalar constant."""
        from onnx import numpy_helper

        return self.add("Constant", value=numpy_helper.from_array(np.array(value, np.float32)))

    def mean(self, x: str) -> str:
        """The mean of a value along its last axis, which stays."""
        from onnx import numpy_helper

        if self.opset < _AXES_AS_INPUT:
            return self.add("ReduceMean", x, axes=[-1], keepdims=1)
        axes = self.add("Constant", value=numpy_helper.from_array(np.array([-1], np.int64)))
        return self.add("ReduceMean", x, axes, keepdims=1)

    def done(self) -> list[onnx.NodeProto]:
        """The nodes; the last gives the replaced one's output."""
        self.made[-1].output[0] = self.replaced.output[0]
        return self.made

    def given(self, index: int) -> bool:
        """Whether an optional input is present."""
        return index < len(self.replaced.input) and self.replaced.input[index] != ""
