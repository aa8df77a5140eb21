"""Normalizations: by numbers of the network, by a value's own mean and variance, and by neighbouring channels."""

from __future__ import annotations

import numpy as np

from edgeface.backends.ncnn.emitter import Emitter
from edgeface.backends.ncnn.layer import Weight
from edgeface.errors import GraphError
from edgeface.graph.ir import Node
from edgeface.graph.ops.batch_norm import BatchNorm
from edgeface.graph.ops.local_response_norm import LocalResponseNorm
from edgeface.graph.ops.normalization import GroupNorm


def lower_batch_norm(emitter: Emitter, node: Node) -> None:
    """Scale, with a bias, of each channel."""
    op = node.op
    assert isinstance(op, BatchNorm)
    numbers = [emitter.constant(node, i, what) for i, what in enumerate(("gamma", "beta", "mean", "variance"), 1)]
    gamma, beta, mean, variance = (each.astype(np.float64) for each in numbers)
    factor = gamma / np.sqrt(variance + op.epsilon)
    shape = emitter.graph.type(node.inputs[0]).shape
    if shape[0] != 1:
        raise GraphError("ncnn normalizes one image at a time", where=str(node), fix="export with a batch of one")
    weights = [Weight(each) for each in (factor, beta - mean * factor)]
    emitter.result(node, "Scale", (emitter.read(node.inputs[0]),), {0: len(factor), 1: 1}, weights)


def lower_group_norm(emitter: Emitter, node: Node) -> None:
    """GroupNorm without factors of its own."""
    op = node.op
    assert isinstance(op, GroupNorm)
    shape = emitter.graph.type(node.inputs[0]).shape
    if shape[0] != 1:
        raise GraphError("ncnn normalizes one image at a time", where=str(node), fix="export with a batch of one")
    params = {0: op.groups, 1: shape[1], 2: op.epsilon, 3: 0}
    emitter.result(node, "GroupNorm", (emitter.read(node.inputs[0]),), params)


def lower_local_response_norm(emitter: Emitter, node: Node) -> None:
    """LRN across channels."""
    op = node.op
    assert isinstance(op, LocalResponseNorm)
    params = {0: 0, 1: op.size, 2: op.alpha, 3: op.beta, 4: op.bias}
    emitter.result(node, "LRN", (emitter.read(node.inputs[0]),), params)


LOWERINGS = {
    BatchNorm: lower_batch_norm,
    GroupNorm: lower_group_norm,
    LocalResponseNorm: lower_local_response_norm,
}
