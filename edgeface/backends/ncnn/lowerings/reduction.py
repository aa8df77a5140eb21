"""Reductions of axes, and softmax."""

from __future__ import annotations

from edgeface.backends.ncnn.blobs import blob_axis
from edgeface.backends.ncnn.emitter import Emitter, Lowered
from edgeface.backends.ncnn.layer import Parameter
from edgeface.backends.ncnn.lowerings.moving import require_axes
from edgeface.graph.ir import Node
from edgeface.graph.ops.activations import Softmax
from edgeface.graph.ops.base import Op, normal_axis
from edgeface.graph.ops.reduction import Reduce, ReduceMax, ReduceMean, ReduceMin, ReduceProd, ReduceSum
from edgeface.graph.ops.softmax import LogSoftmax

_OPERATIONS: dict[type[Op], int] = {ReduceSum: 0, ReduceMean: 3, ReduceMax: 4, ReduceMin: 5, ReduceProd: 6}


def lower_reduction(emitter: Emitter, node: Node) -> None:
    """Reduction of the axes that are longer than one."""
    op, kind = node.op, emitter.graph.type(node.inputs[0])
    assert isinstance(op, Reduce)
    axes = [blob_axis(kind.shape, axis) for axis in op.axes if kind.shape[axis] > 1]
    blob = emitter.shape(node.inputs[0])
    if not axes:
        emitter.result_in_shape(node, emitter.read(node.inputs[0]))
        return
    require_axes(node, axes, blob)
    made = tuple(1 if axis in axes else size for axis, size in enumerate(blob))
    emitter.result(node, "Reduction", (emitter.read(node.inputs[0]),), _params(_OPERATIONS[type(op)], axes), shape=made)


def _params(operation: int, axes: list[int]) -> dict[int, Parameter]:
    """Some axes, counted from the outermost, which are kept."""
    return {0: operation, 1: 0, 3: tuple(axes), 4: 1, 5: 1}


def lower_softmax(emitter: Emitter, node: Node) -> None:
    """Softmax along an axis of the blob."""
    axis = _softmax_axis(emitter, node)
    emitter.result(node, "Softmax", (emitter.read(node.inputs[0]),), {0: axis, 1: 1})


def lower_log_softmax(emitter: Emitter, node: Node) -> None:
    """X − max − log Σ exp(x − max), which keeps small probabilities."""
    axis, source = _softmax_axis(emitter, node), emitter.read(node.inputs[0])
    largest = emitter.step("Reduction", (source,), _params(_OPERATIONS[ReduceMax], [axis]))
    centered = emitter.step("BinaryOp", (source, largest), {0: 1})
    powers = emitter.step("UnaryOp", (centered,), {0: 7})
    total = emitter.step("Reduction", (powers,), _params(_OPERATIONS[ReduceSum], [axis]))
    emitter.result(node, "BinaryOp", (centered, emitter.step("UnaryOp", (total,), {0: 8})), {0: 1})


def _softmax_axis(emitter: Emitter, node: Node) -> int:
    assert isinstance(node.op, Softmax)
    shape = emitter.graph.type(node.inputs[0]).shape
    axis = blob_axis(shape, normal_axis(node.op.axis, len(shape)))
    require_axes(node, [axis], emitter.shape(node.inputs[0]))
    return axis


LOWERINGS: dict[type[Op], Lowered] = {
    **dict.fromkeys(_OPERATIONS, lower_reduction),
    Softmax: lower_softmax,
    LogSoftmax: lower_log_softmax,
}
