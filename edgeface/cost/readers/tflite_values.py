"""The values of small tensors that only depend on sizes and constants, such as SHAPE → STRIDED_SLICE → PACK."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from edgeface.cost.readers.tflite_layout_rules import reduced_axes, slice_index, strided_index
from edgeface.cost.readers.tflite_operation import Operation, Shape

if TYPE_CHECKING:
    from edgeface.graph.types import Array

MAX_VALUES = 1024
"""Elements of a tensor whose value is kept."""

KEPT_TYPES = frozenset({"int32", "int64", "uint32", "bool", "float32"})

_FLOAT_ONLY_ACTIVATION = "FusedActivationFunction"


def computed(operation: Operation, shapes: list[Shape], dtype: str) -> list[Array | None]:
    """The values of an operator's results, None where one is not known.

    Args:
        operation: with the values of its inputs.
        shapes: the derived shapes of its results.
        dtype: of its results.
    """
    unknown: list[Array | None] = [None] * len(shapes)
    rule = _RULES.get(operation.op)
    small = all(np.prod(shape, dtype=object) <= MAX_VALUES for shape in shapes)
    if rule is None or not small or dtype not in KEPT_TYPES or operation.options.get(_FLOAT_ONLY_ACTIVATION):
        return unknown
    if operation.op not in _OF_SHAPES and any(
        value is None for shape, value in zip(operation.shapes, operation.values, strict=True) if shape is not None
    ):
        return unknown
    try:
        with np.errstate(all="ignore"):
            made = rule(operation)
            found = [made] if isinstance(made, np.ndarray | np.generic) else list(made)
            return [np.asarray(value).astype(dtype).reshape(shape) for value, shape in zip(found, shapes, strict=True)]
    except (ValueError, IndexError, TypeError, OverflowError):  # a form that numpy computes otherwise, so not known
        return unknown


def _values(operation: Operation) -> list[Array]:
    return [operation.value(at) for at in range(len(operation.shapes)) if operation.given(at)]


def _elementwise(function: Callable[..., Any]) -> Callable[[Operation], Any]:
    return lambda operation: function(*_values(operation))


def _divided(left: Array, right: Array) -> Array:
    """Division as in C: whole numbers are cut towards zero."""
    if left.dtype.kind not in "iu":
        return np.asarray(left / right)
    safe = np.where(right == 0, 1, right).astype(np.int64)
    wide = left.astype(np.int64)
    return np.asarray(np.sign(wide) * np.sign(safe) * (np.abs(wide) // np.abs(safe)))


def _floored(function: Callable[..., Any]) -> Callable[[Array, Array], Any]:
    return lambda left, right: function(left, np.where(right == 0, 1, right))


def _gather(operation: Operation) -> Array:
    data, at = operation.value(0), operation.value(1)
    axis = operation.axis(operation.option("Axis"), data.ndim)
    operation.require(not operation.option("BatchDims") and bool((at >= 0).all() and (at < data.shape[axis]).all()))
    return np.take(data, at, axis)


def _range(operation: Operation) -> Array:
    start, limit, step = (value.item() for value in _values(operation))
    return np.arange(start, limit, step)


def _split(operation: Operation) -> list[Array]:
    data = operation.value(1)
    return np.split(data, operation.outputs, operation.axis(operation.number(0), data.ndim))


def _unpack(operation: Operation) -> list[Array]:
    data = operation.value(0)
    return list(np.moveaxis(data, operation.option("Axis"), 0))


def _reduce(function: Callable[..., Any]) -> Callable[[Operation], Any]:
    return lambda operation: function(
        operation.value(0), axis=reduced_axes(operation), keepdims=bool(operation.option("KeepDims"))
    )


def _first(operation: Operation) -> Array:
    return operation.value(0)


_OF_SHAPES = frozenset({"SHAPE", "RANK"})
_RULES: Mapping[str, Callable[[Operation], Any]] = {
    "SHAPE": lambda operation: np.array(operation.shape(0), np.int64),
    "RANK": lambda operation: np.array(len(operation.shape(0))),
    "ADD": _elementwise(np.add),
    "SUB": _elementwise(np.subtract),
    "MUL": _elementwise(np.multiply),
    "DIV": _elementwise(_divided),
    "FLOOR_DIV": _elementwise(_floored(np.floor_divide)),
    "FLOOR_MOD": _elementwise(_floored(np.mod)),
    "MAXIMUM": _elementwise(np.maximum),
    "MINIMUM": _elementwise(np.minimum),
    "EQUAL": _elementwise(np.equal),
    "NOT_EQUAL": _elementwise(np.not_equal),
    "LESS": _elementwise(np.less),
    "LESS_EQUAL": _elementwise(np.less_equal),
    "GREATER": _elementwise(np.greater),
    "GREATER_EQUAL": _elementwise(np.greater_equal),
    "LOGICAL_AND": _elementwise(np.logical_and),
    "LOGICAL_OR": _elementwise(np.logical_or),
    "LOGICAL_NOT": _elementwise(np.logical_not),
    "SELECT": _elementwise(np.where),
    "SELECT_V2": _elementwise(np.where),
    "ABS": _elementwise(np.abs),
    "NEG": _elementwise(np.negative),
    "FLOOR": _elementwise(np.floor),
    "CEIL": _elementwise(np.ceil),
    "SQUARE": _elementwise(np.square),
    **dict.fromkeys(("CAST", "RESHAPE", "SQUEEZE", "EXPAND_DIMS"), _first),
    "TRANSPOSE": lambda operation: operation.value(0).transpose(operation.numbers(1)),
    "CONCATENATION": lambda operation: np.concatenate(_values(operation), operation.option("Axis")),
    "PACK": lambda operation: np.stack(_values(operation), operation.option("Axis")),
    "UNPACK": _unpack,
    "SPLIT": _split,
    "SLICE": lambda operation: operation.value(0)[slice_index(operation)],
    "STRIDED_SLICE": lambda operation: operation.value(0)[strided_index(operation)],
    "GATHER": _gather,
    "RANGE": _range,
    "FILL": lambda operation: np.full(operation.numbers(0), operation.value(1).ravel()[:1]),
    "TILE": lambda operation: np.tile(operation.value(0), operation.numbers(1)),
    "BROADCAST_TO": lambda operation: np.broadcast_to(operation.value(0), operation.numbers(1)),
    "BROADCAST_ARGS": lambda operation: np.array(
        np.broadcast_shapes(operation.numbers(0), operation.numbers(1)), np.int64
    ),
    "SUM": _reduce(np.sum),
    "REDUCE_PROD": _reduce(np.prod),
    "REDUCE_MAX": _reduce(np.max),
    "REDUCE_MIN": _reduce(np.min),
}
