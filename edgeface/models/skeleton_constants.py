"""Fold what a network computes from constants alone, so that shape inference sees through it."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import onnx

MOVES = frozenset({"Unsqueeze", "Transpose", "Reshape"})
"""Operators that move a weight's numbers, and change none."""


def fold_constants(model: onnx.ModelProto, operators: Collection[str] = ()) -> None:
    """Replace each node whose inputs are constants by its value, and drop constants and weights that nothing reads.

    Weights without data are none of these constants, and neither is what follows from a dynamic size.

    Args:
        model: changed in place; a value that is folded keeps its name.
        operators: those to fold; all if empty.
    """
    from onnx import helper, numpy_helper

    graph = model.graph
    known = {tensor.name: tensor for tensor in graph.initializer if tensor.raw_data}
    kept: list[onnx.NodeProto] = []
    for node in graph.node:
        if node.op_type == "Constant":
            known[node.output[0]] = node.attribute[0].t
        elif _is_constant(node, known, operators):
            for name, value in _values(node, known, model.opset_import).items():
                known[name] = numpy_helper.from_array(value)
                kept.append(helper.make_node("Constant", [], [name], f"/{name}", value=known[name]))
            continue
        kept.append(type(node).FromString(node.SerializeToString()))
    del graph.node[:]
    graph.node.extend(kept)
    _drop_unread(graph)


def _is_constant(node: onnx.NodeProto, known: Collection[str], operators: Collection[str]) -> bool:
    folded = not operators or node.op_type in operators
    return folded and bool(node.input) and all(not name or name in known for name in node.input)


def _drop_unread(graph: onnx.GraphProto) -> None:
    read = {name for node in graph.node for name in node.input} | {value.name for value in graph.output}
    for index in range(len(graph.node) - 1, -1, -1):
        if graph.node[index].op_type == "Constant" and graph.node[index].output[0] not in read:
            del graph.node[index]
    for index in range(len(graph.initializer) - 1, -1, -1):
        if graph.initializer[index].raw_data and graph.initializer[index].name not in read:
            del graph.initializer[index]


def _values(node: onnx.NodeProto, known: dict[str, Any], opsets: Any) -> dict[str, Any]:
    """What a node makes of constants."""
    from onnx import helper, numpy_helper
    from onnx.reference import ReferenceEvaluator

    given = {name: numpy_helper.to_array(known[name]) for name in node.input if name}
    inputs = [
        helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(array.dtype), array.shape)
        for name, array in given.items()
    ]
    outputs = [helper.make_empty_tensor_value_info(name) for name in node.output]
    alone = helper.make_model(helper.make_graph([node], "constants", inputs, outputs), opset_imports=opsets)
    return dict(zip(node.output, ReferenceEvaluator(alone).run(None, given), strict=True))
