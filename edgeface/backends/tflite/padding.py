"""Explicit image padding: SAME if TFLite's rule gives the same pads, else a PAD operator."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from edgeface.backends.tflite.emitter import Emitter
from edgeface.graph.ir import Node
from edgeface.graph.ops.conv import Conv
from edgeface.graph.ops.spatial import Pool


def same_padding(input_shape: Sequence[int], weight_shape: Sequence[int], op: Conv | Pool) -> bool:
    """Whether TFLite's SAME padding of an NCHW input equals the op's pads."""
    dilations = op.dilations if isinstance(op, Conv) else (1, 1)
    begins, ends = [], []
    sizes = zip(input_shape[2:], weight_shape[2:], op.strides, dilations, strict=True)
    for size, kernel, stride, dilation in sizes:
        total = max((-(-size // stride) - 1) * stride + dilation * (kernel - 1) + 1 - size, 0)
        begins.append(total // 2)
        ends.append(total - total // 2)
    return (*begins, *ends) == op.pads


def pad_image(emitter: Emitter, node: Node, x: int, pads: tuple[int, int, int, int]) -> int:
    """The tensor of an NHWC image padded by (top, left, bottom, right) zeros, shared by readers with equal pads."""
    name = node.inputs[0]
    n, c, h, w = emitter.graph.type(name).shape
    top, left, bottom, right = pads
    params = emitter.plan.params[name] if emitter.is_int8(node) else None
    padded = emitter.scratch(node.output, "padded", (n, h + top + bottom, w + left + right, c), params)
    amounts = np.array([[0, 0], [top, bottom], [left, right], [0, 0]], np.int32)
    table = emitter.constant(f"pads {pads}", amounts)
    emitter.emit("PAD", [x, table], [padded], schema.PadOptionsT(), 1 if params is None else 2)
    return padded
