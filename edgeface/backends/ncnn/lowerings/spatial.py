"""Pools, means of images, and resizing."""

from __future__ import annotations

import numpy as np

from edgeface.backends.ncnn.emitter import Emitter, Lowered
from edgeface.backends.ncnn.layer import Parameter
from edgeface.errors import GraphError
from edgeface.graph.ir import Node
from edgeface.graph.ops.base import Op
from edgeface.graph.ops.spatial import AveragePool, GlobalAveragePool, MaxPool, Pool, Resize

_VALID = 1
"""The pad mode that adds what is given, and nothing to fill a last window."""


def lower_pool(emitter: Emitter, node: Node) -> None:
    """Pooling; a mean counts the padding."""
    op = node.op
    assert isinstance(op, Pool)
    top, left, bottom, right = op.pads
    mean = isinstance(op, AveragePool)
    params: dict[int, Parameter] = {0: int(mean), 1: op.kernel_shape[1], 11: op.kernel_shape[0], 5: _VALID}
    params |= {2: op.strides[1], 12: op.strides[0], 3: left, 13: top, 14: right, 15: bottom, 6: int(mean)}
    emitter.result(node, "Pooling", (emitter.read(node.inputs[0]),), params)


def lower_global_average(emitter: Emitter, node: Node) -> None:
    """Pooling over the whole image, which leaves one axis."""
    channels = emitter.graph.type(node.output).shape[1]
    emitter.result(node, "Pooling", (emitter.read(node.inputs[0]),), {0: 1, 4: 1}, shape=(channels,))


def lower_resize(emitter: Emitter, node: Node) -> None:
    """Interp to a size."""
    op = node.op
    assert isinstance(op, Resize)
    before = emitter.graph.type(node.inputs[0]).shape[2:]
    if op.mode == "nearest" and not all(map(_same_pixels, before, op.size)):
        raise GraphError(
            f"ncnn's nearest resize from {before} to {op.size} rounds to other pixels",
            where=str(node),
            fix="resize by a whole factor",
        )
    if op.mode == "linear" and op.rule == "asymmetric":
        raise GraphError(
            "ncnn has no linear resize with asymmetric coordinates",
            where=str(node),
            fix="run the target's `legalize` before it is emitted",
        )
    params = {0: 1 if op.mode == "nearest" else 2, 3: op.size[0], 4: op.size[1]}
    params[6] = int(op.mode == "linear" and op.rule == "align_corners")
    emitter.result(node, "Interp", (emitter.read(node.inputs[0]),), params)


def _same_pixels(before: int, after: int) -> bool:
    """Whether ncnn, which multiplies by a ratio in float32, takes the pixels that ONNX takes."""
    i = np.arange(after)
    scale = np.float32(before) / np.float32(after)
    found = np.minimum((i.astype(np.float32) * scale).astype(np.int64), before - 1)
    return bool((found == i * before // after).all())


LOWERINGS: dict[type[Op], Lowered] = {
    **dict.fromkeys((MaxPool, AveragePool), lower_pool),
    GlobalAveragePool: lower_global_average,
    Resize: lower_resize,
}
