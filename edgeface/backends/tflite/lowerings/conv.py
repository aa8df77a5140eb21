"""CONV_2D, DEPTHWISE_CONV_2D and FULLY_CONNECTED."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from edgeface.backends.tflite.emitter import Emitter
from edgeface.backends.tflite.hybrid import FEW_WEIGHTS, runs_hybrid
from edgeface.backends.tflite.lowerings.fused import fused_activation
from edgeface.backends.tflite.padding import pad_image, same_padding
from edgeface.errors import GraphError
from edgeface.graph.ir import Node
from edgeface.graph.ops.base import Op
from edgeface.graph.ops.conv import Conv, Gemm
from edgeface.graph.types import Array
from edgeface.quantize.plan import QParams

INT8_VERSION = 3
HYBRID_VERSION = 5
GROUPED_VERSION = 6
KEPT_DIMS_VERSION = 5
INT32_MAX = 2**31 - 1


def lower_conv(emitter: Emitter, node: Node) -> None:
    """Conv with [M,C/g,kh,kw] weights as CONV_2D (OHWI, grouped or not) or DEPTHWISE_CONV_2D (1HWO)."""
    op = node.op
    assert isinstance(op, Conv)
    weight = emitter.array(node.inputs[1])
    depthwise = op.is_depthwise(weight.shape)
    same = same_padding(emitter.graph.type(node.inputs[0]).shape, weight.shape, op)
    x = emitter.read(node, 0)
    if not same and any(op.pads):
        x = pad_image(emitter, node, x, op.pads)
    options = _conv_options(op, depthwise, emitter.graph.type(node.inputs[0]).shape[1], weight.shape[0])
    options.padding = schema.Padding.SAME if same else schema.Padding.VALID
    order = (1, 2, 3, 0) if depthwise else (0, 2, 3, 1)
    inputs = [
        x,
        lowered_weight(emitter, node, order, 3 if depthwise else 0),
        lowered_bias(emitter, node, weight.shape[0]),
    ]
    version = _version(emitter, node, op, depthwise)
    emitter.emit("DEPTHWISE_CONV_2D" if depthwise else "CONV_2D", inputs, [emitter.result(node)], options, version)


def _version(emitter: Emitter, node: Node, op: Conv, depthwise: bool) -> int:
    if op.groups > 1 and not depthwise:
        return GROUPED_VERSION
    if emitter.is_int8(node):
        return INT8_VERSION
    if depthwise:
        return 2 if op.dilations != (1, 1) else 1
    return HYBRID_VERSION if _is_hybrid(emitter, node) else 1


def _is_hybrid(emitter: Emitter, node: Node) -> bool:
    """Whether a convolution's weights stay int8 in the kernel."""
    if emitter.weights != "int8" or emitter.is_int8(node) or not isinstance(node.op, Conv):
        return False
    return runs_hybrid(node.op, emitter.array(node.inputs[1]).shape)


def lower_gemm(emitter: Emitter, node: Node) -> None:
    """Gemm with [M,K] weights as FULLY_CONNECTED, or as a hybrid CONV_2D of one pixel."""
    if not emitter.is_int8(node) and emitter.weights == "int8":
        _lower_hybrid_gemm(emitter, node)
        return
    options = schema.FullyConnectedOptionsT()
    options.fusedActivationFunction = fused_activation(node.op)
    options.keepNumDims = emitter.graph.type(node.inputs[0]).rank > 2
    count = emitter.array(node.inputs[1]).shape[0]
    inputs = [emitter.read(node, 0), lowered_weight(emitter, node, (0, 1), 0), lowered_bias(emitter, node, count)]
    version = KEPT_DIMS_VERSION if options.keepNumDims else (4 if emitter.is_int8(node) else 1)
    emitter.emit("FULLY_CONNECTED", inputs, [emitter.result(node)], options, version)


def _lower_hybrid_gemm(emitter: Emitter, node: Node) -> None:
    """A hybrid CONV_2D of one pixel: older runtimes have no hybrid FULLY_CONNECTED with one scale per channel.

    tflite-runtime 2.14 refuses version 12 of it, and under an older version takes the first scale for all channels.
    """
    *leading, depth = emitter.graph.type(node.inputs[0]).shape
    rows = math.prod(leading)
    weight = emitter.array(node.inputs[1])
    pixel = emitter.scratch(node.output, "pixel", (rows, 1, 1, depth), None)
    made = emitter.scratch(node.output, "made", (rows, 1, 1, weight.shape[0]), None)
    emitter.reshape(emitter.read(node, 0), pixel, (rows, 1, 1, depth))
    options = schema.Conv2DOptionsT()
    options.strideH = options.strideW = options.dilationHFactor = options.dilationWFactor = 1
    options.padding, options.fusedActivationFunction = schema.Padding.VALID, fused_activation(node.op)
    kernel = _stored(weight.reshape(-1, 1, 1, depth), 0)
    inputs = [pixel, emitter.constant(node.inputs[1], *kernel), lowered_bias(emitter, node, weight.shape[0])]
    emitter.emit("CONV_2D", inputs, [made], options, HYBRID_VERSION)
    emitter.reshape(made, emitter.result(node), (*leading, weight.shape[0]))


def _conv_options(op: Conv, depthwise: bool, in_channels: int, out_channels: int) -> Any:
    options = schema.DepthwiseConv2DOptionsT() if depthwise else schema.Conv2DOptionsT()
    if depthwise:
        options.depthMultiplier = out_channels // in_channels
    options.strideH, options.strideW = op.strides
    options.dilationHFactor, options.dilationWFactor = op.dilations
    options.fusedActivationFunction = fused_activation(op)
    return options


def lowered_weight(emitter: Emitter, node: Node, order: tuple[int, ...], axis: int) -> int:
    """The tensor of a node's weights, its axes in `order`; `axis` is then that of the output channels."""
    name = node.inputs[1]
    weight = emitter.array(name)
    if not emitter.is_int8(node):
        moved = np.ascontiguousarray(weight.transpose(order))
        hybrid = _is_hybrid(emitter, node)
        if emitter.weights != "int8" or (moved.size <= FEW_WEIGHTS and not hybrid):
            return emitter.constant(name, moved)
        stored, params = _stored(moved, axis)
        return emitter.constant(name, stored, params) if hybrid else emitter.dequantized(name, stored, params)
    params = emitter.plan.params[name]
    stored = np.ascontiguousarray(params.quantize(weight).transpose(order))
    return emitter.constant(name, stored, QParams(params.scale, 0, axis))


def _stored(weight: Array, axis: int) -> tuple[Array, QParams]:
    """Weights in int8 with one scale for each index of an axis, and the parameters."""
    largest = np.abs(weight).max(axis=tuple(i for i in range(weight.ndim) if i != axis)).astype(np.float64)
    scale = (np.maximum(largest, 1e-9) / 127).astype(np.float32)
    params = QParams(tuple(scale.tolist()), 0, axis, -127, 127)
    return params.quantize(weight), params


def lowered_bias(emitter: Emitter, node: Node, count: int) -> int:
    """The tensor of a node's bias of `count` numbers, zeros where it has none; int32 in int8."""
    given = len(node.inputs) > 2
    name = node.inputs[2] if given else f"{node.output}/zero_bias"
    bias: Array = emitter.array(name) if given else np.zeros(count, np.float32)
    if not emitter.is_int8(node):
        return emitter.constant(name, bias)
    x, weight = (emitter.plan.params[i] for i in node.inputs[:2])
    scale = np.float64(x.scale[0]) * np.array(weight.scale)
    stored = np.rint(bias / scale)
    worst = int(np.argmax(np.abs(stored)))
    if abs(stored[worst]) > INT32_MAX:
        raise GraphError(
            f"the bias of output channel {worst} ({bias[worst]:g}) does not fit int32 at scale {scale[worst]:g}",
            where=str(node),
            fix="the channel's weights are almost zero: keep this layer in float in the recipe",
        )
    # One bias may be shared by layers with different scales, so the tensor's name includes the layer's.
    return emitter.constant(f"{name}@{node.output}", stored.astype(np.int32), QParams(tuple(scale.tolist()), 0, 0))


LOWERINGS: dict[type[Op], Any] = {Conv: lower_conv, Gemm: lower_gemm}
