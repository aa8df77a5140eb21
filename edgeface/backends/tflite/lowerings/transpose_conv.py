"""TRANSPOSE_CONV, which knows SAME and VALID padding; other pads are cut off its result."""

from __future__ import annotations

from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from edgeface.backends.tflite.emitter import Emitter
from edgeface.backends.tflite.lowerings.conv import lowered_bias, lowered_weight
from edgeface.backends.tflite.lowerings.fused import fused_activation
from edgeface.graph.ir import Node
from edgeface.graph.ops.base import Op
from edgeface.graph.ops.conv_transpose import ConvTranspose

WITH_BIAS, WITH_ACTIVATION = 3, 4


def lower_transposed(emitter: Emitter, node: Node) -> None:
    """TRANSPOSE_CONV with weights [M,kh,kw,C], for kernels without gaps and groups (see `legalize`)."""
    op = node.op
    assert isinstance(op, ConvTranspose)
    x, made = emitter.graph.type(node.inputs[0]).shape, emitter.graph.type(node.output).shape
    kernel = emitter.array(node.inputs[1]).shape[2:]
    same = _is_same(op, x[2:], kernel, made[2:])
    whole = tuple(op.strides[axis] * (x[axis + 2] - 1) + kernel[axis] for axis in (0, 1))
    height, width = made[2:] if same else whole
    cut = (height, width) != made[2:]
    shape = (made[0], height, width, made[1])
    result = emitter.scratch(node.output, "whole", shape, emitter.params(node.output)) if cut else emitter.result(node)
    options = schema.TransposeConvOptionsT()
    options.strideH, options.strideW = op.strides
    options.padding = schema.Padding.SAME if same else schema.Padding.VALID
    options.fusedActivationFunction = fused_activation(op)
    inputs = [
        emitter.constant(f"shape {shape}", np.array(shape, np.int32)),
        lowered_weight(emitter, node, (1, 2, 3, 0), 0),
        emitter.read(node, 0),
        lowered_bias(emitter, node, made[1]),
    ]
    version = WITH_BIAS if op.activation == "none" else WITH_ACTIVATION
    emitter.emit("TRANSPOSE_CONV", inputs, [result], options, version)
    if cut:
        _cut(emitter, node, result, (op.pads[0], op.pads[1]))


def _is_same(op: ConvTranspose, size: tuple[int, ...], kernel: tuple[int, ...], made: tuple[int, ...]) -> bool:
    """Whether SAME cuts off what the op's pads do: the smaller half at the begin."""
    for axis in (0, 1):
        total = op.strides[axis] * (size[axis] - 1) + kernel[axis] - made[axis]
        fits = size[axis] == -(-made[axis] // op.strides[axis]) and total >= 0
        if not fits or op.pads[axis] != total // 2:
            return False
    return True


def _cut(emitter: Emitter, node: Node, whole: int, start: tuple[int, int]) -> None:
    """Add the SLICE that leaves the node's result."""
    n, c, h, w = emitter.graph.type(node.output).shape
    begin, size = (0, *start, 0), (n, h, w, c)
    tables = [
        emitter.constant(f"begin {list(begin)}", np.array(begin, np.int32)),
        emitter.constant(f"size {list(size)}", np.array(size, np.int32)),
    ]
    version = 2 if emitter.is_int8(node) else 1
    emitter.emit("SLICE", [whole, *tables], [emitter.result(node)], schema.SliceOptionsT(), version)


LOWERINGS: dict[type[Op], Any] = {ConvTranspose: lower_transposed}
