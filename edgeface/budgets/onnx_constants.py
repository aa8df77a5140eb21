"""Compute the integers that shapes are made of, where shape inference alone does not get through."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import onnx

    from edgeface.graph.types import Array

_MOST_ELEMENTS = 1024
# None of these can make a result much larger than what it is given.
_ARITHMETIC = (
    "Abs Add Cast Ceil Concat Div Equal Floor Gather Identity Max Min Mod Mul Neg Not Reshape Round Shape Size Slice "
    "Squeeze Sub Unsqueeze Where"
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
    from onnx import numpy_helper
    from onnx.reference import ReferenceEvaluator

    if node.op_type == "Shape" and not node.attribute and node.input[0] in shapes:
        return np.array(shapes[node.input[0]], np.int64)
    if node.op_type == "Constant" and node.attribute and node.attribute[0].name == "value":
        tensor = node.attribute[0].t
        return numpy_helper.to_array(tensor) if tensor.raw_data and math.prod(tensor.dims) <= _MOST_ELEMENTS else None
    if node.op_type not in _ARITHMETIC.split() or node.domain not in {"", "ai.onnx"}:
        return None
    if len(node.output) != 1 or not all(name in constants for name in node.input if name):
        return None
    feeds = {name: constants[name] for name in node.input if name}
    versions = {str(entry.domain): int(entry.version) for entry in opsets}
    try:
        (result,) = ReferenceEvaluator(node, opsets=versions).run(None, feeds)
    except Exception:  # whatever it cannot do stays in the graph, and is reported there
        return None
    return np.asarray(result) if np.size(result) <= _MOST_ELEMENTS else None
