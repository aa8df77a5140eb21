from __future__ import annotations

import numpy as np
import pytest

from edgeface.backends.tflite.emit import write_tflite
from edgeface.backends.tflite.runner import LiteRtRunner
from edgeface.backends.tflite.shuffle_last import shuffle, shuffle_last
from edgeface.graph.ops.conv import Conv
from edgeface.graph.ops.shape import Reshape, Transpose
from edgeface.graph.rewrite import refusals

X = {"x": (1, 3, 4, 5)}
SWAP = Transpose((0, 2, 1, 3, 4))
ROWS = [
    (Conv(), "x w", "a"),
    (Reshape((1, 2, 4, 4, 5)), "a", "b"),
    (SWAP, "b", "c"),
    (Reshape((1, 8, 4, 5)), "c", "d"),
    (Conv(), "d v", "y"),
]


@pytest.fixture
def weights(normal):
    return {"w": normal(8, 3, 1, 1), "v": normal(2, 8, 1, 1)}


def test_a_channel_shuffle_takes_one_transpose(make_graph, weights, normal, evaluate):
    graph = make_graph(X, ROWS, weights)
    runner = LiteRtRunner(write_tflite(shuffle_last(graph)))
    assert [operator.name for operator in runner.operators()].count("TRANSPOSE") == 1
    feed = normal(1, 3, 4, 5)
    found = runner.run({"x": feed.transpose(0, 2, 3, 1)})["y"].transpose(0, 3, 1, 2)
    np.testing.assert_allclose(found, evaluate(graph, {"x": feed})["y"], rtol=1e-4, atol=1e-5)


def test_reshapes_of_more_than_channels_stay(make_graph, weights):
    rows = [*ROWS[:1], (Reshape((1, 4, 2, 5, 4)), "a", "b"), (SWAP, "b", "c"), *ROWS[3:]]
    graph = make_graph(X, rows, weights)
    assert shuffle_last(graph) is graph
    assert [reason for _, reason in refusals(graph, shuffle)] == ["more than the channels is reshaped"]


def test_a_value_inside_that_is_read_elsewhere_stays(make_graph, weights):
    graph = make_graph(X, ROWS, weights, ["y", "c"])
    assert shuffle_last(graph) is graph
