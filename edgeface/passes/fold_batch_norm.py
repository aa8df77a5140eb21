"""Fold batch normalization into the preceding convolution or matrix product; decompose the rest into Mul and Add.

A folded weight is rounded to float32 again. In a depthwise filter, whose few products nearly cancel, that alone changed
the detector's outputs by a third of the 1e-4 that parity allows. There only the power of two nearest to the factor is
folded, which is exact; the rest moves through the activation into the weights of the next convolution.
"""

from __future__ import annotations

import numpy as np

from edgeface.graph.ir import Graph, Node
from edgeface.graph.ops.activations import LeakyRelu, Relu
from edgeface.graph.ops.arithmetic import Add, Mul
from edgeface.graph.ops.batch_norm import BatchNorm
from edgeface.graph.ops.conv import Conv, Gemm
from edgeface.graph.ops.conv_transpose import ConvTranspose
from edgeface.graph.rewrite import Refusal, Rewrite, apply_rules
from edgeface.graph.types import Array


def fold_batch_norm(graph: Graph) -> Graph:
    """The graph without BatchNorm: folded where that is exact, otherwise a product and a sum per channel."""
    return apply_rules(apply_rules(graph, fold_depthwise, fold), decompose)


def fold_depthwise(graph: Graph, node: Node) -> Rewrite | Refusal | None:
    """Fold depthwise Conv → BatchNorm → ReLU or LeakyReLU → Conv, with an exact depthwise filter.

    Channel c is scaled by s = 2^k/a, so that its filter becomes w·2^k; f(s·x) = s·f(x) carries s to the reader.
    """
    producer = graph.producers.get(node.inputs[0])
    if not isinstance(node.op, BatchNorm) or producer is None or not isinstance(producer.op, Conv):
        return None
    activation = graph.only_reader(node.output)
    reader = None if activation is None else graph.only_reader(activation.output)
    weight, bias = graph.constant(producer.inputs[1]), len(producer.inputs) > 2
    if weight is None or bias or not producer.op.is_depthwise(weight.shape) or producer.op.fused != "none":
        return None
    if (
        activation is None
        or not isinstance(activation.op, Relu | LeakyRelu)
        or graph.only_reader(producer.output) is None
    ):
        return Refusal("its only reader is not an activation with f(s·x) = s·f(x)")
    next_weight = graph.constant(reader.inputs[1]) if reader is not None and isinstance(reader.op, Conv) else None
    if reader is None or next_weight is None or next_weight.shape[1] != weight.shape[0]:
        return Refusal("the activation's only reader is not a dense convolution")
    factor, offset = _affine(graph, node)
    power = np.where(factor > 0, np.exp2(np.rint(np.log2(np.abs(factor) + 1e-30))), factor)
    scale = np.where(factor > 0, power / np.where(factor > 0, factor, 1.0), 1.0)
    names = (f"{node.output}/weight", f"{node.output}/bias", f"{reader.inputs[1]}/carried")
    constants = {
        names[0]: (weight * power.reshape(-1, 1, 1, 1)).astype(np.float32),
        names[1]: (offset * scale).astype(np.float32),
        names[2]: (next_weight / scale.reshape(1, -1, 1, 1)).astype(np.float32),
    }
    folded = Node(producer.op, (producer.inputs[0], *names[:2]), node.outputs, producer.origin)
    carried = Node(reader.op, (reader.inputs[0], names[2], *reader.inputs[2:]), reader.outputs, reader.origin)
    return Rewrite([producer, node, reader], [folded, carried], constants)


def fold(graph: Graph, node: Node) -> Rewrite | Refusal | None:
    """Conv → BatchNorm as one Conv: w' = w·a, b' = b·a + c with a = gamma/√(variance + epsilon)."""
    if not isinstance(node.op, BatchNorm):
        return None
    producer = graph.producers.get(node.inputs[0])
    if producer is None or not isinstance(producer.op, Conv | ConvTranspose | Gemm):
        return Refusal("its input is not from a convolution or matrix product")
    if graph.only_reader(producer.output) is None:
        return Refusal(f"{producer.output!r} has other readers")
    weight = graph.constant(producer.inputs[1])
    bias = graph.constant(producer.inputs[2]) if len(producer.inputs) > 2 else np.float32(0)
    if weight is None or bias is None or producer.op.fused != "none":
        return Refusal("weights are computed, or there is an activation in between")
    factor, offset = _affine(graph, node)
    names = (f"{node.output}/weight", f"{node.output}/bias")
    constants = {
        names[0]: (weight.astype(np.float64) * _for_weights(factor, producer, weight)).astype(np.float32),
        names[1]: (bias * factor + offset).astype(np.float32),
    }
    folded = Node(producer.op, (producer.inputs[0], *names), node.outputs, producer.origin)
    return Rewrite([producer, node], [folded], constants)


def _for_weights(factor: Array, producer: Node, weight: Array) -> Array:
    """Factors of output channels in a shape that broadcasts to a layer's weights."""
    if not isinstance(producer.op, ConvTranspose):
        return factor.reshape((-1,) + (1,) * (weight.ndim - 1))
    inputs = len(weight) // producer.op.groups
    return np.repeat(factor.reshape(producer.op.groups, -1), inputs, axis=0)[:, :, None, None]


def decompose(graph: Graph, node: Node) -> Rewrite | None:
    """A BatchNorm that cannot be folded, as x·a + c."""
    if not isinstance(node.op, BatchNorm):
        return None
    factor, offset = _affine(graph, node)
    shape = (-1,) + (1,) * (graph.type(node.output).rank - 2)
    names = (f"{node.output}/factor", f"{node.output}/offset")
    constants = {n: v.reshape(shape).astype(np.float32) for n, v in zip(names, (factor, offset), strict=True)}
    product = f"{node.output}/scaled"
    added = [
        Node(Mul(), (node.inputs[0], names[0]), (product,), node.origin),
        Node(Add(), (product, names[1]), node.outputs, node.origin),
    ]
    return Rewrite([node], added, constants)


def _affine(graph: Graph, node: Node) -> tuple[Array, Array]:
    """(factor, offset) for each channel, float64."""
    assert isinstance(node.op, BatchNorm)
    gamma, beta, mean, variance = (np.asarray(graph.constants[name], np.float64) for name in node.inputs[1:])
    factor = gamma / np.sqrt(variance + node.op.epsilon)
    return factor, beta - mean * factor
