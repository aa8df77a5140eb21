"""Convolutions, also transposed ones, and matrix products with constant weights."""

from __future__ import annotations

import math
from collections.abc import Sequence

from edgeface.backends.ncnn.emitter import Emitter
from edgeface.backends.ncnn.layer import FLOAT32, Parameter, Weight
from edgeface.graph.ir import Node
from edgeface.graph.ops.conv import Conv, Gemm
from edgeface.graph.ops.conv_transpose import ConvTranspose
from edgeface.graph.types import Array


def lower_conv(emitter: Emitter, node: Node) -> None:
    """Convolution; ConvolutionDepthWise for several groups of channels, also of more than one channel."""
    op = node.op
    assert isinstance(op, Conv)
    weight = emitter.constant(node, 1, "weight")
    params = _window_params(op, weight, weight.shape[0])
    kind = "Convolution" if op.groups == 1 else "ConvolutionDepthWise"
    params, stored = _with_integers(emitter, node, _with_bias(emitter, node, params, 5), weight)
    emitter.result(node, kind, (emitter.read(node.inputs[0]),), params, stored)


def lower_conv_transpose(emitter: Emitter, node: Node) -> None:
    """Deconvolution; DeconvolutionDepthWise for several groups. Their weights begin with the output channels."""
    op = node.op
    assert isinstance(op, ConvTranspose)
    weight = emitter.constant(node, 1, "weight")
    channels, per_group, *kernel = weight.shape
    grouped = weight.reshape(op.groups, channels // op.groups, per_group, *kernel).swapaxes(1, 2)
    params = _window_params(op, weight, per_group * op.groups)
    params |= {18: op.output_padding[1], 19: op.output_padding[0]}
    kind = "Deconvolution" if op.groups == 1 else "DeconvolutionDepthWise"
    emitter.result(
        node,
        kind,
        (emitter.read(node.inputs[0]),),
        _with_bias(emitter, node, params, 5),
        _stored(emitter, node, grouped),
    )


def lower_gemm(emitter: Emitter, node: Node) -> None:
    """InnerProduct over one row, or over each of several."""
    assert isinstance(node.op, Gemm)
    weight = emitter.constant(node, 1, "weight")
    rows = math.prod(emitter.graph.type(node.inputs[0]).shape[:-1])
    lead = () if rows == 1 else (rows,)
    params: dict[int, Parameter] = {0: weight.shape[0], 2: weight.size}
    source = emitter.read(node.inputs[0], (*lead, weight.shape[1]))
    params, stored = _with_integers(emitter, node, _with_bias(emitter, node, params, 1), weight)
    emitter.result(node, "InnerProduct", (source,), params, stored, (*lead, weight.shape[0]))


def _window_params(op: Conv | ConvTranspose, weight: Array, outputs: int) -> dict[int, Parameter]:
    top, left, bottom, right = op.pads
    params: dict[int, Parameter] = {0: outputs, 1: weight.shape[3], 11: weight.shape[2], 6: weight.size}
    params |= {2: op.dilations[1], 12: op.dilations[0], 3: op.strides[1], 13: op.strides[0]}
    params |= {4: left, 14: top, 15: right, 16: bottom}
    return params | ({7: op.groups} if op.groups > 1 else {})


def _with_bias(emitter: Emitter, node: Node, params: dict[int, Parameter], key: int) -> dict[int, Parameter]:
    """The parameters, with whether there is a bias, and the fused activation."""
    activation = emitter.fused.get(node.output)
    fused = {} if activation is None else activation.in_convolution()
    return {**params, key: int(len(node.inputs) > 2), **fused}


def _with_integers(
    emitter: Emitter, node: Node, params: dict[int, Parameter], weight: Array
) -> tuple[dict[int, Parameter], Sequence[Weight]]:
    """The parameters and weights of a node's layer, of the integer one if the node is computed in int8."""
    integer = emitter.integers.get(node.output)
    if integer is None:
        return params, _stored(emitter, node, weight)
    return {**params, **integer.params}, integer.weights


def _stored(emitter: Emitter, node: Node, weight: Array) -> list[Weight]:
    bias = [Weight(emitter.constant(node, 2, "bias"))] if len(node.inputs) > 2 else []
    return [Weight(weight, FLOAT32), *bias]


LOWERINGS = {Conv: lower_conv, ConvTranspose: lower_conv_transpose, Gemm: lower_gemm}
