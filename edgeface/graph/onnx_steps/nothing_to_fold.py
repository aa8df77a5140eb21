"""Tell whether folding would change nothing, so that onnxsim need not even be imported: that takes seconds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeface.graph.onnx_steps.walk import STANDARD

if TYPE_CHECKING:
    import onnx

_OF_SHAPES = frozenset({"Shape", "Size", "If", "Loop", "Scan", "SequenceMap"})
"""Operators that folding makes constants although their inputs are none, or that hold graphs of their own."""


def nothing_to_fold(model: onnx.ModelProto) -> bool:
    """Whether every node of a model computes something of its inputs, and nothing of their sizes.

    It does not check the model, as onnxsim does: it is for networks that edgeface wrote itself.
    """
    known = {tensor.name for tensor in model.graph.initializer}
    for node in model.graph.node:
        if node.domain not in STANDARD or node.op_type in _OF_SHAPES:
            return False
        if node.op_type == "Constant":
            known.update(node.output)
        elif known.issuperset(filter(None, node.input)):
            return False
    return True
