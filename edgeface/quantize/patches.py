"""Second moments of convolution inputs: the statistics that weight rounding needs."""

from __future__ import annotations

import numpy as np

from edgeface.graph.ir import Graph, Node
from edgeface.graph.ops.conv import Conv
from edgeface.graph.types import Array

POSITIONS = 128
"""Output pixels sampled per image and convolution."""


def patch_moment(graph: Graph, node: Node, x: Array, seed: int) -> Array:
    """Mean of p·pᵀ over sampled output pixels of one image.

    Args:
        graph: the graph that contains `node`.
        node: a convolution.
        x: its input, float32 [1,C,H,W].
        seed: selects the pixels; equal seeds select the same ones.

    Returns:
        float64 [K+1, K+1] with K = C·kh·kw, or [G, K+1, K+1] with K = C/G·kh·kw for one of G > 1 groups. The last row
        and column belong to a constant 1, so that rounding may correct the bias too.
    """
    assert isinstance(node.op, Conv)
    weight = graph.type(node.inputs[1]).shape
    height, width = graph.type(node.output).shape[2:]
    count = min(POSITIONS, height * width)
    pixels = np.random.default_rng(seed).integers(0, height * width, count)
    patches = _gather(x[0], node.op, weight[2:], pixels // width, pixels % width)
    groups = (node.op.groups,) if node.op.groups > 1 else ()
    ones = np.ones((*groups, 1, count), np.float32)
    rows = np.concatenate([patches.reshape(*groups, -1, count), ones], axis=-2)
    moment: Array = (rows @ rows.swapaxes(-1, -2)).astype(np.float64) / count
    return moment


def _gather(x: Array, op: Conv, kernel: tuple[int, ...], rows: Array, columns: Array) -> Array:
    """Input patches [C, kh, kw, pixels] of output pixels, zero in the padding."""
    height, width = x.shape[1:]
    y = (rows * op.strides[0] - op.pads[0])[None, :] + (np.arange(kernel[0]) * op.dilations[0])[:, None]
    z = (columns * op.strides[1] - op.pads[1])[None, :] + (np.arange(kernel[1]) * op.dilations[1])[:, None]
    inside = ((y >= 0) & (y < height))[:, None, :] & ((z >= 0) & (z < width))[None, :, :]
    y, z = np.clip(y, 0, height - 1)[:, None, :], np.clip(z, 0, width - 1)[None, :, :]
    found: Array = x[:, y, z] * inside
    return found


def scaled_moment(moment: Array, factor: Array) -> Array:
    """The second moment of patches whose input channels were scaled by the factors [channels]."""
    grouped = moment if moment.ndim == 3 else moment[None]
    groups, size = len(grouped), grouped.shape[1] - 1
    channels = factor.reshape(groups, -1)
    spread = np.concatenate([np.repeat(channels, size // channels.shape[1], axis=1), np.ones((groups, 1))], axis=1)
    scaled: Array = (grouped * spread[:, :, None] * spread[:, None, :]).reshape(moment.shape)
    return scaled


def independent_power(moment: Array, channels: int, damping: float = 1e-3) -> Array:
    """The power of each input channel that other inputs and the bias cannot make up for, float64 [channels].

    Rounding by second moments moves the error of one weight to those that are rounded later, so what is left is the
    power of an input given the later ones: the pivots of the moments' Cholesky decomposition in reverse order.

    Args:
        moment: as `patch_moment` makes it.
        channels: of the input.
        damping: share of the mean of the diagonal added to it.
    """
    grouped = moment if moment.ndim == 3 else moment[None]
    size = grouped.shape[1] - 1
    found = np.zeros((len(grouped), size))
    for row, own in zip(found, grouped, strict=True):
        diagonal = np.diagonal(own)[:size]
        order = np.concatenate([[size], np.argsort(diagonal, kind="stable")])
        added = np.append(np.full(size, damping * diagonal.mean() + 1e-12), 1e-9)
        pivots = np.diagonal(np.linalg.cholesky((own + np.diag(added))[np.ix_(order, order)])) ** 2
        row[order[1:]] = pivots[1:]
    power: Array = found.reshape(channels, -1).sum(axis=1)
    return power
