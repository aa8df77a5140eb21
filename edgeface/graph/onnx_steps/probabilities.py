"""Tell which outputs of a model are probabilities, by the operators that they end in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeface.graph.onnx_steps.walk import STANDARD

if TYPE_CHECKING:
    import onnx

_ENDS = frozenset({"Sigmoid", "HardSigmoid", "Softmax"})
_MOVES = frozenset({"Reshape", "Transpose", "Flatten", "Squeeze", "Unsqueeze", "Identity", "Slice", "Split", "Gather"})
_OF_ALL = frozenset({"Concat", "Mul", "Max", "Min", "Mean"})
"""Of probabilities only they make probabilities."""

_OF_ONE = frozenset({"Sqrt", "MaxPool", "AveragePool", "GlobalAveragePool", "GlobalMaxPool"})


def probabilities(model: onnx.ModelProto) -> frozenset[str]:
    """The outputs whose values are between 0 and 1 whatever the input, because they end in a sigmoid or softmax."""
    known: set[str] = set()
    for node in model.graph.node:
        if node.domain not in STANDARD:
            continue
        if (
            node.op_type in _ENDS
            or (node.op_type in _MOVES | _OF_ONE and node.input[0] in known)
            or (node.op_type in _OF_ALL and known.issuperset(node.input))
        ):
            known.update(node.output)
    return frozenset(value.name for value in model.graph.output if value.name in known)
