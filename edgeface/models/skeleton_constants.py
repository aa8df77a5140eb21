"""Fold what a traced network computes from constants alone, so that shape inference sees through it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import onnx


def fold_constants(model: onnx.ModelProto) -> None:
    """Replace each node whose inputs are constants by its value, and drop constants that nothing reads.

    Weights are none of these constants, and the input's size is not known: what follows from them stays.

    Args:
        model: changed in place; a value that is folded keeps its name.
    """
    from onnx import helper, numpy_helper

    graph, known = model.graph, {}
    kept: list[onnx.NodeProto] = []
    for node in graph.node:
        if node.op_type == "Constant":
            known[node.output[0]] = numpy_helper.to_array(node.attribute[0].t)
        elif node.input and all(not name or name in known for name in node.input):
            known |= _values(node, known, model.opset_import)
            for name in node.output:
                value = numpy_helper.from_array(known[name])
                kept.append(helper.make_node("Constant", [], [name], f"/{name}", value=value))
            continue
        kept.append(node)
    read = {name for node in kept for name in node.input} | {value.name for value in graph.output}
    kept = [node for node in kept if node.op_type != "Constant" or node.output[0] in read]
    del graph.node[:]
    graph.node.extend(kept)


def _values(node: onnx.NodeProto, known: dict[str, Any], opsets: Any) -> dict[str, Any]:
    """What a node makes of constants."""
    from onnx import helper
    from onnx.reference import ReferenceEvaluator

    given = list(dict.fromkeys(name for name in node.input if name))
    inputs = [
        helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(known[name].dtype), known[name].shape)
        for name in given
    ]
    outputs = [helper.make_empty_tensor_value_info(name) for name in node.output]
    alone = helper.make_model(helper.make_graph([node], "constants", inputs, outputs), opset_imports=opsets)
    found = ReferenceEvaluator(alone).run(None, {name: known[name] for name in given})
    return dict(zip(node.output, found, strict=True))
