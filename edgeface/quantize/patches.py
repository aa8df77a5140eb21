"""Input patches of convolutions and their second moments, which weight rounding needs."""

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
    rows = sampled_patches(graph, node, x, chosen_pixels(graph, node, POSITIONS, seed))
    moment: Array = (rows @ rows.swapaxes(-1, -2)).astype(np.float64) / rows.shape[-1]
    return moment


def chosen_pixels(graph: Graph, node: Node, count: int, seed: int) -> Array:
    """Indices of output pixels, at most as many as there are: int64 [pixels], drawn with replacement.

    Args:
        graph: the graph that contains `node`.
        node: a convolution.
        count: how many, at most.
        seed: equal seeds choose the same ones.
    """
    height, width = graph.type(node.output).shape[2:]
    return np.random.default_rng(seed).integers(0, height * width, min(count, height * width))


def sampled_patches(graph: Graph, node: Node, x: Array, pixels: Array) -> Array:
    """The input patches of output pixels, each followed by a constant 1.

    Args:
        graph: the graph that contains `node`.
        node: a convolution.
        x: its input, float32 [1,C,H,W].
        pixels: indices of output pixels.

    Returns:
        float32 [K+1, pixels] with K = C·kh·kw, or [G, K+1, pixels] with K = C/G·kh·kw for one of G > 1 groups.
    """
    assert isinstance(node.op, Conv)
    width, count = graph.type(node.output).shape[3], len(pixels)
    patches = _gather(x[0], node.op, graph.type(node.inputs[1]).shape[2:], pixels // width, pixels % width)
    groups = (node.op.groups,) if node.op.groups > 1 else ()
    ones = np.ones((*groups, 1, count), np.float32)
    rows: Array = np.concatenate([patches.reshape(*groups, -1, count), ones], axis=-2)
    return rows


def _gather(x: Array, op: Conv, kernel: tuple[int, ...], rows: Array, columns: Array) -> Array:
    """Input patches [C, kh, kw, pixels] of output pixels, zero in the padding."""
    height, width = x.shape[1:]
    y = (rows * op.strides[0] - op.pads[0])[None, :] + (np.arange(kernel[0]) * op.dilations[0])[:, None]
    z = (columns * op.strides[1] - op.pads[1])[None, :] + (np.arange(kernel[1]) * op.dilations[1])[:, None]
    inside = ((y >= 0) & (y < height))[:, None, :] & ((z >= 0) & (z < width))[None, :, :]
    y, z = np.clip(y, 0, height - 1)[:, None, :], np.clip(z, 0, width - 1)[None, :, :]
    found: Array = x[:, y, z] * inside
    return found
