"""Infer a node's output types with onnx, guarded against values that would make it overflow."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from edgeface.cost.readers.onnx_operators import ROLES
from edgeface.errors import GraphError

if TYPE_CHECKING:
    import onnx

LARGEST_SIZE = 1 << 40
_LARGEST_ATTRIBUTE = 1 << 30  # kernels × dilations stay within 64 bits
_MAX_SIZES = 1024
# Inputs that contain sizes for onnx's inference; an unknown one makes as many dimensions as it has elements.
_SIZES = {
    **dict.fromkeys(("Reshape", "Expand", "Tile", "Pad", "Split", "Squeeze", "Unsqueeze", "TopK"), (1,)),
    "ConstantOfShape": (0,), "Resize": (1, 2, 3), "Upsample": (1,), "Slice": (1, 2, 3, 4), "OneHot": (1,),
    "Range": (0, 1, 2),
}  # fmt: skip
_SELECTS = {"NonZero", "NonMaxSuppression"}
# "up to the end" is written as the maximum integer
_OPEN_ENDED = {"Slice", "Shape", "Constant", "ConstantOfShape"}
_COMPARISONS = {"GreaterOrEqual", "LessOrEqual"}
_SAME_SHAPE = {"activation", "normalize", "softmax", "batch_norm"}


def infer_outputs(
    node: onnx.NodeProto,
    version: int,
    types: Mapping[str, onnx.TypeProto],
    values: Mapping[str, onnx.TensorProto],
    where: str,
) -> dict[str, onnx.TypeProto]:
    """The types of a node's outputs, as far as they can be inferred.

    Args:
        node: a standard ONNX operator; unknown attributes are removed.
        version: opset version.
        types: types of the node's inputs, all static.
        values: values known before the model runs, by tensor.
        where: name of the node in errors.

    Raises:
        GraphError: onnx rejects the node, or its sizes are implausible.
    """
    from onnx import helper, shape_inference

    schema = _schema(node.op_type, version)
    if schema is None:
        raise GraphError(f"opset {version} has no operator {node.op_type}", where=where, fix="export the model again")
    _refuse_bombs(node, types, values, where)
    for attribute in [a for a in node.attribute if a.name not in schema.attributes]:
        node.attribute.remove(attribute)  # old exporters write obsolete ones, such as BatchNormalization's spatial
    needed = {name: types[name] for name in node.input if name}
    known = {name: values[name] for name in needed if name in values}
    made: dict[str, onnx.TypeProto] = {}
    opset = [helper.make_opsetid("", version)]
    try:
        if not schema.deprecated:
            made = shape_inference.infer_node_outputs(schema, node, needed, known, opset_imports=opset)
    except Exception as error:  # bare C++ exceptions of several kinds
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        raise GraphError(
            f"the tensors do not match: {lines[-1] if lines else type(error).__name__}",
            where=where,
            fix="run onnx.checker on the model; a fixed reshape inside it also forbids another --input",
        ) from error
    first = made.get(node.output[0]) if node.output else None
    if any(node.input) and (first is None or not first.tensor_type.HasField("shape")):
        made |= _inferred_by_role(node, [types[name] for name in node.input if name])
    return {name: made.get(name, helper.make_tensor_type_proto(1, None)) for name in node.output if name}


def depends_on_data(node: onnx.NodeProto, computed: Collection[str]) -> bool:
    """Whether a node whose result has no static size gets it from the numbers in a tensor.

    Args:
        node: a standard ONNX operator.
        computed: tensors whose numbers depend on the model's inputs.
    """
    sizes = (node.input[at] for at in _SIZES.get(node.op_type, ()) if at < len(node.input))
    return node.op_type in _SELECTS or any(name in computed for name in sizes)


def _inferred_by_role(node: onnx.NodeProto, given: list[onnx.TypeProto]) -> dict[str, onnx.TypeProto]:
    """The type of the first output where onnx defines it by a function's body, or does not infer it."""
    import numpy as np
    from onnx import helper

    if not node.output:
        return {}
    if ROLES.get(node.op_type) in _SAME_SHAPE:
        return {node.output[0]: given[0]}
    if node.op_type not in _COMPARISONS:
        return {}
    shapes = ([dim.dim_value for dim in kind.tensor_type.shape.dim] for kind in given)
    try:
        return {node.output[0]: helper.make_tensor_type_proto(9, np.broadcast_shapes(*map(tuple, shapes)))}
    except ValueError:
        return {}


def _refuse_bombs(
    node: onnx.NodeProto, types: Mapping[str, onnx.TypeProto], values: Mapping[str, onnx.TensorProto], where: str
) -> None:
    """Reject sizes with which onnx would make shapes of billions of dimensions or overflow its integers."""
    from onnx import numpy_helper

    open_ended = node.op_type in _OPEN_ENDED
    numbers = [] if open_ended else [abs(i) for a in node.attribute for i in (a.i, *a.ints)]
    if max(numbers, default=0) > _LARGEST_ATTRIBUTE:
        raise GraphError(f"an attribute of {max(numbers):,} is implausibly large", where=where)
    if any(a.name == "num_outputs" and a.i != len(node.output) for a in node.attribute):
        raise GraphError(f"{node.op_type} has another number of outputs than it declares", where=where)
    for name in (node.input[i] for i in _SIZES.get(node.op_type, ()) if i < len(node.input) and node.input[i]):
        count = math.prod(dim.dim_value for dim in types[name].tensor_type.shape.dim)
        if count > _MAX_SIZES:
            raise GraphError(f"a list of {count:,} sizes is implausibly long", where=where)
        sizes = numpy_helper.to_array(values[name]) if name in values and node.op_type != "Slice" else None
        if sizes is not None and any(not abs(size) <= LARGEST_SIZE for size in sizes.ravel().tolist()):
            raise GraphError(
                f"{node.op_type} has the implausible size {max(sizes.ravel().tolist(), key=abs):,}", where=where
            )


@lru_cache(maxsize=1024)
def _schema(op: str, version: int) -> onnx.defs.OpSchema | None:
    from onnx import defs

    try:
        return defs.get_schema(op, version, "")
    except defs.SchemaError:
        return None
