from __future__ import annotations

import numpy as np
import pytest

from edgeface.backends.ncnn.round_weights import nearest, round_weights, rounded
from edgeface.graph.ops.activations import Relu
from edgeface.graph.ops.conv import Conv, Gemm
from edgeface.graph.ops.conv_transpose import ConvTranspose
from edgeface.graph.ops.shape import Reshape


def test_numbers_are_rounded_to_eight_bits_halves_to_even():
    given = np.float32([1.0, 1 + 2**-8, 1 + 3 * 2**-8, 1 + 2**-8 + 2**-20, -1 - 2**-8, 0.0, 3e38])
    wanted = np.float32([1.0, 1.0, 1 + 2**-6, 1 + 2**-7, -1.0, 0.0])
    assert nearest(given)[:6].tolist() == wanted.tolist()
    assert np.isfinite(nearest(given)[6])


@pytest.mark.parametrize(("shape", "turned"), [((16, 8, 3, 3), False), ((8, 16, 2, 2), True), ((5, 90), False)])
def test_each_weight_moves_by_a_step_at_most_and_each_filter_keeps_its_sum(normal, shape, turned):
    weights = normal(*shape, seed=1)
    found = rounded(weights, turned)
    assert (nearest(found) == found).all()
    assert found.shape == weights.shape
    assert np.abs(found - weights).max() <= 2**-7 * np.abs(weights).max()
    axes = tuple(axis for axis in range(weights.ndim) if axis != int(turned))
    plain = np.abs((nearest(weights) - weights).sum(axes)).mean()
    assert np.abs((found - weights).sum(axes)).mean() < plain / 2


def test_weights_alone_are_rounded_and_once(make_graph, normal):
    rows = [
        (Conv(), "x w b", "a"),
        (ConvTranspose((2, 2)), "a t", "u"),
        (Relu(), "u", "r"),
        (Reshape((1, 4 * 10 * 8)), "r", "f"),
        (Gemm(), "f g h", "y"),
    ]
    shapes = {"w": (6, 3, 1, 1), "b": (6,), "t": (6, 4, 2, 2), "g": (5, 320), "h": (5,)}
    graph = make_graph({"x": (1, 3, 5, 4)}, rows, {name: normal(*shape) for name, shape in shapes.items()})
    found = round_weights(graph)
    changed = {name for name in found.constants if name not in graph.constants}
    assert changed == {"w/bfloat16", "t/bfloat16", "g/bfloat16"}
    assert all((nearest(found.constants[name]) == found.constants[name]).all() for name in changed)
    assert round_weights(found) is found
