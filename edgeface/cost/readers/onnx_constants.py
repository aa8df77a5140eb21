"""Compute the constants that shapes depend on, as far as they do not depend on the image."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from edgeface.cost.network import Tensor

if TYPE_CHECKING:
    import onnx

    from edgeface.graph.types import Array

_MAX_ELEMENTS = 64  # sizes, axes and pads of one tensor; biases are longer
_MAX_NODES = 2000  # each takes half a millisecond
# Only Expand can produce a result much larger than its inputs.
_ARITHMETIC = frozenset(
    (
        *("Abs", "Add", "And", "Cast", "CastLike", "Ceil", "Concat", "Div", "Equal", "Expand", "Floor", "Gather"),
        *("Greater", "Identity", "Less", "Max", "Min", "Mod", "Mul", "Neg", "Not", "Or", "Reshape", "Round", "Shape"),
        *("Size", "Slice", "Squeeze", "Sub", "Unsqueeze", "Where"),
    )
)
_INT64 = 7  # onnx.TensorProto.INT64
_COMPUTED_FROM_SHAPES = {"Shape", "Size"}


class ShapeArithmetic:
    """The values of small tensors that are known before the model runs.

    Args:
        stored: the model's constants; large ones and those without data are skipped.
        version: opset version.
    """

    def __init__(self, stored: Iterable[onnx.TensorProto], version: int) -> None:
        self._version = version
        self._left = _MAX_NODES
        self._values: dict[str, Array] = {}
        self.protos: dict[str, onnx.TensorProto] = {}
        for tensor in stored:
            self._keep(tensor.name, _numbers(tensor))

    def run(self, node: onnx.NodeProto, tensors: Mapping[str, Tensor]) -> None:
        """Compute a node's result, if it is a cheap operator on known values.

        Args:
            node: the next node in execution order.
            tensors: with the shapes of its inputs and outputs.
        """
        if node.op_type == "Constant":
            self._keep(node.output[0], _constant(node, tensors[node.output[0]]))
        elif node.op_type in _COMPUTED_FROM_SHAPES:
            self._keep(node.output[0], _measured(node, tensors[node.input[0]].shape))
        elif self._left and self._is_known(node) and tensors[node.output[0]].count <= _MAX_ELEMENTS:
            self._left -= 1
            self._keep(node.output[0], self._computed(node))

    def _is_known(self, node: onnx.NodeProto) -> bool:
        return node.op_type in _ARITHMETIC and all(name in self._values for name in node.input if name)

    def _keep(self, name: str, value: Array | None) -> None:
        from onnx import numpy_helper

        if value is not None and value.size <= _MAX_ELEMENTS:
            self._values[name] = value
            self.protos[name] = numpy_helper.from_array(value, name)

    def _computed(self, node: onnx.NodeProto) -> Array | None:
        quick = _QUICK.get(node.op_type)
        if quick is not None:
            found: Array | None = quick(node, [self._values[name] for name in node.input if name])
            if found is not None:
                return found
        import numpy as np
        from onnx.reference import ReferenceEvaluator  # takes a tenth of a second to import

        feeds = {name: self._values[name] for name in node.input if name}
        try:
            with np.errstate(all="ignore"):
                (result,) = ReferenceEvaluator(node, opsets={"": self._version}).run(None, feeds)
        except Exception:  # failures stay unknown, and are reported if a size depends on them
            return None
        return np.asarray(result)


def _gather(_: onnx.NodeProto, inputs: list[Array]) -> Array | None:
    data, index = inputs
    plain = data.ndim == 1 and index.ndim == 0 and -len(data) <= int(index) < len(data)
    return data[int(index)].reshape(()) if plain else None


def _slice(_: onnx.NodeProto, inputs: list[Array]) -> Array | None:
    data, *ends = inputs
    plain = data.ndim == 1 and len(ends) in {2, 3} and all(end.size == 1 for end in ends)
    return data[int(ends[0].item()) : int(ends[1].item())] if plain else None


def _concat(_: onnx.NodeProto, inputs: list[Array]) -> Array | None:
    import numpy as np

    plain = all(item.ndim == 1 and item.dtype == inputs[0].dtype for item in inputs)
    return np.concatenate(inputs) if plain else None


def _cast(node: onnx.NodeProto, inputs: list[Array]) -> Array | None:
    import numpy as np

    to = next((attribute.i for attribute in node.attribute if attribute.name == "to"), None)
    return inputs[0].astype(np.int64) if to == _INT64 and inputs[0].dtype.kind in "iu" else None


def _unsqueeze(_: onnx.NodeProto, inputs: list[Array]) -> Array | None:
    return inputs[0].reshape(1) if inputs[0].ndim == 0 else None


_QUICK: dict[str, Callable[[Any, list[Any]], Any]] = {
    "Gather": _gather,
    "Slice": _slice,
    "Cast": _cast,
    "Concat": _concat,
    "Unsqueeze": _unsqueeze,
}
"""Fast versions of common shape operators, without onnx's reference implementation; None for special forms."""


def _measured(node: onnx.NodeProto, shape: tuple[int, ...]) -> Array:
    import numpy as np

    if node.op_type == "Size":
        return np.array(math.prod(shape), np.int64)
    ends = {attribute.name: attribute.i for attribute in node.attribute}
    return np.array(shape[ends.get("start", 0) : ends.get("end")], np.int64)


def _constant(node: onnx.NodeProto, tensor: Tensor) -> Array | None:
    import numpy as np
    from onnx import helper

    (attribute,) = node.attribute
    if attribute.name == "value":
        return _numbers(attribute.t)
    return np.asarray(helper.get_attribute_value(attribute), tensor.dtype)


def _numbers(tensor: onnx.TensorProto) -> Array | None:
    from onnx import numpy_helper

    fields = (tensor.raw_data, tensor.int64_data, tensor.int32_data, tensor.float_data, tensor.double_data)
    stored = math.prod(tensor.dims) <= _MAX_ELEMENTS and any(fields)
    return numpy_helper.to_array(tensor) if stored else None
