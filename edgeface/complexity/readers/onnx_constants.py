"""Compute the integers that shapes are made of, where shape inference alone does not get through."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import onnx

    from edgeface.graph.types import Array

_MOST_ELEMENTS = 16  # sizes, axes and pads of one tensor; biases are longer
# None of these but Expand can make a result much larger than what it is given.
_ARITHMETIC = frozenset(
    (
        *("Abs", "Add", "Cast", "CastLike", "Ceil", "Concat", "Div", "Equal", "Expand", "Floor", "Gather", "Identity"),
        *("Max", "Min", "Mod", "Mul", "Neg", "Not", "Reshape", "Round", "Shape", "Size", "Slice", "Squeeze", "Sub"),
        *("Unsqueeze", "Where"),
    )
)


def compute_shape_arithmetic(model: onnx.ModelProto) -> bool:
    """Replace nodes that compute with sizes by their result, in place. Returns whether there were any.

    Only cheap operators on small constants are computed, by onnx's reference implementation.
    """
    from onnx import numpy_helper

    constants: dict[str, Array] = {
        t.name: numpy_helper.to_array(t)
        for t in model.graph.initializer
        if 0 <= math.prod(t.dims) <= _MOST_ELEMENTS and (t.raw_data or t.int64_data or t.int32_data or t.float_data)
    }
    shapes = {
        value.name: [dim.dim_value for dim in value.type.tensor_type.shape.dim]
        for value in [*model.graph.input, *model.graph.value_info]
        if all(dim.HasField("dim_value") for dim in value.type.tensor_type.shape.dim)
    }
    shapes |= {tensor.name: list(tensor.dims) for tensor in model.graph.initializer}
    kept, done = [], 0
    for node in model.graph.node:
        result = _result(node, constants, shapes, model.opset_import)
        if result is None:
            kept.append(node)
            continue
        constants[node.output[0]] = result
        model.graph.initializer.append(numpy_helper.from_array(result, node.output[0]))
        done += 1
    if done:
        del model.graph.node[:]
        model.graph.node.extend(kept)
    return bool(done)


def _result(
    node: onnx.NodeProto, constants: dict[str, Array], shapes: dict[str, list[int]], opsets: Iterable[Any]
) -> Array | None:
    import numpy as np

    if node.op_type == "Shape" and node.input[0] in shapes:
        ends = {attribute.name: attribute.i for attribute in node.attribute}
        return np.array(shapes[node.input[0]][ends.get("start", 0) : ends.get("end")], np.int64)
    if node.op_type == "Constant":
        return _constant(node)
    if node.op_type in _ARITHMETIC and node.domain in {"", "ai.onnx"} and all(i in constants for i in node.input if i):
        return _computed(node, {name: constants[name] for name in node.input if name}, opsets)
    return None


def _computed(node: onnx.NodeProto, feeds: dict[str, Array], opsets: Iterable[Any]) -> Array | None:
    import numpy as np
    from onnx.reference import ReferenceEvaluator

    if node.op_type == "Expand" and math.prod(map(int, feeds[node.input[1]])) > _MOST_ELEMENTS:
        return None
    versions = {str(entry.domain): int(entry.version) for entry in opsets}
    try:
        (result,) = ReferenceEvaluator(node, opsets=versions).run(None, feeds)
    except Exception:  # whatever it cannot do stays in the graph, and is reported there
        return None
    return np.asarray(result) if np.size(result) <= _MOST_ELEMENTS else None


def _constant(node: onnx.NodeProto) -> Array | None:
    import numpy as np
    from onnx import helper, numpy_helper

    value = helper.get_attribute_value(node.attribute[0])
    if node.attribute[0].name != "value":
        return np.asarray(value)
    return numpy_helper.to_array(value) if value.raw_data and math.prod(value.dims) <= _MOST_ELEMENTS else None
