"""Sizes of the results of TFLite's elementwise operators, and of those that make tensors of a given size."""

from __future__ import annotations

import math
from collections.abc import Mapping

from edgeface.cost.readers.tflite_operation import Operation, Shape, broadcast
from edgeface.cost.readers.tflite_operators import ROLES
from edgeface.cost.readers.tflite_window_rules import Rule

_SAME_ROLES = ("activation", "quantize", "softmax", "normalize")
_SAME = (
    *("REVERSE_V2", "REVERSE_SEQUENCE", "CUMSUM", "ZEROS_LIKE", "BUCKETIZE", "DYNAMIC_UPDATE_SLICE", "MATRIX_SET_DIAG"),
)


def _same(operation: Operation) -> list[Shape]:
    return [operation.shape(0)]


def _prelu(operation: Operation) -> list[Shape]:
    read = operation.shape(0)
    operation.require(broadcast([read, operation.shape(1)]) == read)
    return [read]


def _elementwise(operation: Operation) -> list[Shape]:
    return [broadcast([operation.shape(at) for at in range(len(operation.shapes))])]


def _equal_shapes(operation: Operation) -> list[Shape]:
    shapes = {operation.shape(at) for at in range(len(operation.shapes))}
    operation.require(len(shapes) == 1)
    return [shapes.pop()]


def _select(operation: Operation) -> list[Shape]:
    condition, read, other = (operation.shape(at) for at in range(3))
    operation.require(read == other and (condition in (read, (), (1,)) or condition == read[:1]))
    return [read]


def _shape(operation: Operation) -> list[Shape]:
    return [(len(operation.shape(0)),)]


def _rank(operation: Operation) -> list[Shape]:
    operation.shape(0)
    return [()]


def _range(operation: Operation) -> list[Shape]:
    start, limit, step = (operation.value(at) for at in range(3))
    operation.require(all(number.size == 1 and math.isfinite(number.item()) for number in (start, limit, step)))
    operation.require(step.item() != 0)
    return [(max(0, math.ceil((limit.item() - start.item()) / step.item())),)]


def _sized(at: int) -> Rule:
    """The rule of operators of which an input is the result's shape."""

    def rule(operation: Operation) -> list[Shape]:
        made = operation.numbers(at)
        operation.require(min(made, default=0) >= 0)
        return [made]

    return rule


def _broadcast_to(operation: Operation) -> list[Shape]:
    made = operation.numbers(1)
    operation.require(min(made, default=0) >= 0 and broadcast([operation.shape(0), made]) == made)
    return [made]


def _broadcast_args(operation: Operation) -> list[Shape]:
    return [(max(operation.count(0), operation.count(1)),)]


def _tile(operation: Operation) -> list[Shape]:
    read, times = operation.shape(0), operation.numbers(1)
    operation.require(len(times) == len(read) and min(times, default=0) >= 0)
    return [tuple(size * by for size, by in zip(read, times, strict=True))]


def _one_hot(operation: Operation) -> list[Shape]:
    read, depth = operation.shape(0), operation.number(1)
    operation.require(depth >= 0)
    axis = operation.option("Axis")
    axis = len(read) if axis == -1 else operation.axis(axis, len(read) + 1)
    return [(*read[:axis], depth, *read[axis:])]


def _top_k(operation: Operation) -> list[Shape]:
    read, kept = operation.shape(0), operation.number(1)
    operation.require(bool(read) and 0 <= kept <= read[-1])
    return [(*read[:-1], kept)] * 2


def _matrix_diagonal(operation: Operation) -> list[Shape]:
    read = operation.shape(0)
    operation.require(bool(read))
    return [(*read, read[-1])]


def _non_max_suppression(operation: Operation) -> list[Shape]:
    kept = operation.number(2)
    operation.require(kept >= 0)
    return [(kept,), (kept,), ()] if operation.op.endswith("V5") else [(kept,), ()]


def _segments(operation: Operation) -> list[Shape]:
    read, ids = operation.shape(0), operation.numbers(1)
    operation.require(bool(read))
    return [((max(ids) + 1 if ids else 0), *read[1:])]


def _unsorted_segments(operation: Operation) -> list[Shape]:
    read, ids, segments = operation.shape(0), operation.shape(1), operation.number(2)
    operation.require(read[: len(ids)] == ids and segments >= 0)
    return [(segments, *read[len(ids) :])]


def _multinomial(operation: Operation) -> list[Shape]:
    return [(operation.shape(0, 2)[0], operation.number(1))]


def _of_role(role: str) -> list[str]:
    return [name for name, own in ROLES.items() if own == role]


RULES: Mapping[str, Rule] = {
    **{name: _same for role in _SAME_ROLES for name in _of_role(role)},
    **dict.fromkeys(_SAME, _same),
    **dict.fromkeys(_of_role("elementwise"), _elementwise),
    **{name: _equal_shapes for name in _of_role("elementwise") if name.startswith("STABLEHLO_")},
    "ADD_N": _equal_shapes,
    "SELECT": _select,
    "PRELU": _prelu,
    "SHAPE": _shape,
    "RANK": _rank,
    "RANGE": _range,
    "FILL": _sized(0),
    "SCATTER_ND": _sized(2),
    "SPARSE_TO_DENSE": _sized(1),
    "RANDOM_UNIFORM": _sized(0),
    "RANDOM_STANDARD_NORMAL": _sized(0),
    "MULTINOMIAL": _multinomial,
    "BROADCAST_TO": _broadcast_to,
    "BROADCAST_ARGS": _broadcast_args,
    "TILE": _tile,
    "ONE_HOT": _one_hot,
    "TOPK_V2": _top_k,
    "MATRIX_DIAG": _matrix_diagonal,
    **dict.fromkeys(("NON_MAX_SUPPRESSION_V4", "NON_MAX_SUPPRESSION_V5"), _non_max_suppression),
    "SEGMENT_SUM": _segments,
    **{f"UNSORTED_SEGMENT_{name}": _unsorted_segments for name in ("SUM", "PROD", "MAX", "MIN")},
}
