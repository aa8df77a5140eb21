"""Second moments of convolution inputs: the statistics that weight rounding needs."""

from __future__ import annotations

import numpy as np

from edgeface.graph.ir import Graph, Node
from edgeface.graph.ops.conv import Conv
from edgeface.graph.types import Array
from edgeface.quantize.sampling import PATCHES


def convolutions(graph: Graph) -> list[Node]:
    """The convolutions with constant weights, whose inputs have second moments."""
    return [n for n in graph.nodes if isinstance(n.op, Conv) and graph.constant(n.inputs[1]) is not None]


def moment_shape(graph: Graph, node: Node) -> tuple[int, ...]:
    """The shape of a convolution's second moment; see `patch_moment`."""
    assert isinstance(node.op, Conv)
    size = int(np.prod(graph.type(node.inputs[1]).shape[1:])) + 1
    return (node.op.groups, size, size) if node.op.groups > 1 else (size, size)


def patch_moment(graph: Graph, node: Node, x: Array, seed: int, patches: int = PATCHES) -> Array:
    """Mean of p·pᵀ over sampled output pixels of one image.

    Args:
        graph: the graph that contains `node`.
        node: a convolution.
        x: its input, float32 [1,C,H,W].
        seed: selects the pixels; equal seeds select the same ones.
        patches: number of output pixels; at most all of them.

    Returns:
        float64 [K+1, K+1] with K = C·kh·kw, or [G, K+1, K+1] with K = C/G·kh·kw for one of G > 1 groups. The last row
        and column belong to a constant 1, so that rounding may correct the bias too.
    """
    total, count = patch_products(graph, node, x, seed, patches)
    mean: Array = total.astype(np.float64) / count
    return mean


def patch_products(graph: Graph, node: Node, x: Array, seed: int, patches: int) -> tuple[Array, int]:
    """The sum of p·pᵀ, float32, and the number of patches; arguments as of `patch_moment`."""
    rows = sampled_patches(graph, node, x, chosen_pixels(graph, node, patches, seed))
    return rows @ rows.swapaxes(-1, -2), rows.shape[-1]


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
    """The input patches of output pixels, zero in the padding, each followed by a constant 1.

    Args:
        graph: the graph that contains `node`.
        node: a convolution.
        x: its input, float32 [1,C,H,W].
        pixels: indices of output pixels.

    Returns:
        float32 [K+1, pixels] with K = C·kh·kw, or [G, K+1, pixels] with K = C/G·kh·kw for one of G > 1 groups.
    """
    op, kernel, across = node.op, graph.type(node.inputs[1]).shape[2:], graph.type(node.output).shape[3]
    assert isinstance(op, Conv)
    height, width = x.shape[2:]
    y = (pixels // across * op.strides[0] - op.pads[0])[None, :] + (np.arange(kernel[0]) * op.dilations[0])[:, None]
    z = (pixels % across * op.strides[1] - op.pads[1])[None, :] + (np.arange(kernel[1]) * op.dilations[1])[:, None]
    inside = ((y >= 0) & (y < height))[:, None, :] & ((z >= 0) & (z < width))[None, :, :]
    y, z = np.clip(y, 0, height - 1)[:, None, :], np.clip(z, 0, width - 1)[None, :, :]
    taken = np.take(x[0].reshape(x.shape[1], -1), y * width + z, axis=1)
    if not inside.all():
        taken *= inside
    *groups, size, _ = moment_shape(graph, node)
    found = np.ones((*groups, size, len(pixels)), np.float32)
    found[..., :-1, :] = taken.reshape(*groups, size - 1, len(pixels))
    return found
