"""Scratch buffers that LiteRT's kernels request in the arena, from their `Prepare` functions."""

from __future__ import annotations

from collections.abc import Iterator

from edgeface.cost.network import BITS, Layer, Network, Tensor
from edgeface.cost.work import Convolution, Deconvolution, Dense

_SIXTEEN_BITS_OR_LESS = frozenset({"int8", "uint8", "int16"})
_SUMMING = frozenset({"MEAN", "SUM", "REDUCE_PROD"})
_REDUCTIONS = _SUMMING | {"REDUCE_MAX", "REDUCE_MIN", "REDUCE_ANY", "REDUCE_ALL"}


def scratch_bytes(layer: Layer, network: Network, optimized: bool) -> Iterator[int]:
    """Sizes of a layer's scratch buffers in the arena, for one thread.

    Args:
        layer: a layer of `network`; ONNX layers count as their TFLite equivalents.
        network: for the tensors.
        optimized: whether LiteRT's optimized kernels run it rather than the reference kernels.
    """
    work = layer.work
    tensors = [network.tensors[name] for name in layer.inputs]
    if not tensors:
        return
    made = network.tensors[layer.outputs[0]]
    if layer.op in _REDUCTIONS:
        yield from [4 * len(tensors[0].shape)] * 2  # an index into the input, and the axes
        if layer.op in _SUMMING:
            yield 4 * made.count
    elif layer.op == "BATCH_MATMUL":
        yield from (tensor.size_bytes for tensor in tensors)  # buffers to transpose both
    elif isinstance(work, Convolution):
        yield from _of_convolution(layer, work, network, optimized)
    elif isinstance(work, Dense):
        if _is_hybrid(layer, network):
            yield tensors[0].count  # the input as int8
            yield from (4 * work.rows, 4 * work.outputs, 4 * work.rows)
    elif isinstance(work, Deconvolution) and tensors[0].dtype in _SIXTEEN_BITS_OR_LESS:
        yield made.count * (8 if tensors[0].dtype == "int16" else 4)  # unscaled sums


def _of_convolution(layer: Layer, work: Convolution, network: Network, optimized: bool) -> Iterator[int]:
    image = network.tensors[layer.inputs[0]]
    hybrid = _is_hybrid(layer, network)
    depthwise = layer.op == "DEPTHWISE_CONV_2D" or (network.format == "onnx" and work.groups == work.in_channels > 1)
    if not depthwise and (optimized or hybrid) and _unrolls(work, image):
        bits = 8 if hybrid else BITS[image.dtype]
        yield work.positions * (work.in_channels // work.groups) * work.taps * bits // 8
    if hybrid:
        batch = image.shape[0]
        rows = batch if depthwise else image.count // work.in_channels * work.groups
        yield image.count
        yield 4 * rows
        if not depthwise:
            yield 4 * work.outputs
        yield 4 * rows


def _unrolls(work: Convolution, image: Tensor) -> bool:
    """Whether the kernel copies each window into a row of a matrix; 1×1 with stride 1 already is a matrix."""
    return work.taps > 1 or work.positions * work.in_channels != image.count


def _is_hybrid(layer: Layer, network: Network) -> bool:
    """Whether int8 weights are used with a float input, which the kernel then quantizes (dynamic range).

    In ONNX such weights pass through a DequantizeLinear. The rare TFLite files that dequantize int8 weights first are
    treated as dynamic range.
    """
    weights = [network.tensors[name] for name in layer.weights]
    return (
        network.format == "tflite"
        and bool(weights)
        and network.tensors[layer.inputs[0]].dtype == "float32"
        and weights[0].dtype in {"int8", "uint8", "int4"}
    )
