from __future__ import annotations

import numpy as np
import pytest

from edgeface.graph.ops.activations import Sigmoid
from edgeface.graph.ops.conv import Conv
from edgeface.quantize.natural_bounds import natural_bounds

MEAN = np.full((1, 2, 1, 1), 0.5, np.float32)
NONE, SOME = np.zeros(1, np.float32), np.ones(1, np.float32)


@pytest.mark.parametrize(
    ("op", "read", "weight", "bias", "expected"),
    [
        (Conv(), "s", MEAN, NONE, (0.0, 1.0)),
        (Conv(), "x", MEAN, NONE, None),
        (Conv(), "s", MEAN * 2, NONE, None),
        (Conv(), "s", MEAN, SOME, None),
        (Conv(), "s", MEAN * np.float32([[[[3]], [[-1]]]]), NONE, None),
        (Conv(pads=(1, 1, 1, 1)), "s", MEAN, NONE, None),
    ],
    ids=["a mean", "of the input", "a sum", "with a bias", "beyond its inputs", "padded"],
)
def test_a_mean_of_sigmoids_lies_between_zero_and_one(make_graph, op, read, weight, bias, expected):
    graph = make_graph({"x": (1, 2, 3, 3)}, [(Sigmoid(), "x", "s"), (op, f"{read} w b", "y")], {"w": weight, "b": bias})
    assert natural_bounds(graph, "y") == expected
    assert natural_bounds(graph, "x") is None
