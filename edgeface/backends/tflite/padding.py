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


def pad_image(emitter: Emitter, node: Node, x: int, pads: tuple[int, int, int, int], value: float | None = None) -> int:
    """The tensor of an NHWC image padded by (top, left, bottom, right) zeros, or by another value."""
    name = node.inputs[0]
    n, c, h, w = emitter.graph.type(name).shape
    top, left, bottom, right = pads
    params = emitter.plan.params[name] if emitter.is_int8(node) else None
    padded = emitter.scratch(node.output, "padded", (n, h + top + bottom, w + left + right, c), params)
    amounts = np.array([[0, 0], [top, bottom], [left, right], [0, 0]], np.int32)
    if value is not None:
        pad_with(emitter, node, x, padded, (amounts.tolist(), value))
        return padded
    table = emitter.constant(f"pads {pads}", amounts)
    emitter.emit("PAD", [x, table], [padded], schema.PadOptionsT(), 1 if params is None else 2)
    return padded


def pad_with(emitter: Emitter, node: Node, x: int, padded: int, pads: tuple[Sequence[Sequence[int]], float]) -> None:
    """Add a PADV2 from one tensor to another; `pads` are the amounts by axis in memory, and the value.

    In int8 the value is the nearest that the tensor's scale has: for −∞ the lowest, which is as good for a maximum.
    """
    amounts, value = pads
    params = emitter.plan.params[node.inputs[0]] if emitter.is_int8(node) else None
    data = np.array([max(value, float(np.finfo(np.float32).min))], np.float32)
    if params is not None:
        data = params.quantize(data)
    label = f"value {value} of {node.output}"
    inputs = [
        x,
        emitter.constant(f"pads {amounts}", np.array(amounts, np.int32)),
        emitter.constant(label, data, params),
    ]
    emitter.emit("PADV2", inputs, [padded], schema.PadV2OptionsT(), 1 if params is None else 2)
