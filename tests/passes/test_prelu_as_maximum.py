from __future__ import annotations

import numpy as np
import pytest

from edgeface.graph.ops.activations import PRelu, Relu
from edgeface.graph.rewrite import refusals
from edgeface.passes import run_passes
from edgeface.passes.prelu_as_maximum import prelu_as_maximum, rewrite_prelu

IMAGE = (1, 4, 6, 5)


@pytest.fixture
def activated(make_graph):
    """A PReLU of constant slopes alone."""

    def make(slopes, shape=IMAGE):
        return make_graph({"x": shape}, [(PRelu(), "x s", "y")], {"s": np.array(slopes, np.float32)})

    return make


@pytest.mark.parametrize(
    ("slopes", "shape"),
    [
        ([[[0.25]], [[-0.5]], [[0.0]], [[1.0]]], IMAGE),
        ([[[-3.0]], [[0.999]], [[-1.0]], [[1e-6]]], IMAGE),
        ([0.3], IMAGE),
        ([0.25, -0.5, 0.0, 1.0], (1, 4)),
        ([-0.5], (1, 4)),
    ],
)
def test_slopes_up_to_one_keep_every_bit(activated, evaluate, normal, ops, slopes, shape):
    graph = activated(slopes, shape)
    rewritten = run_passes(graph, (prelu_as_maximum,))
    assert ops(rewritten) == ["Mul", "Max"]
    x = normal(*shape, scale=3)
    x.flat[0] = 0.0
    np.testing.assert_array_equal(evaluate(rewritten, {"x": x})["y"], evaluate(graph, {"x": x})["y"])


def test_a_slope_above_one_is_refused(activated, ops):
    graph = activated([[[0.25]], [[1.0001]], [[0.0]], [[0.5]]])
    assert [reason for _, reason in refusals(graph, rewrite_prelu)] == ["a slope is above 1"]
    assert ops(prelu_as_maximum(graph)) == ["PRelu"]


def test_computed_slopes_are_refused(make_graph, ops):
    graph = make_graph({"x": IMAGE, "t": (4, 1, 1)}, [(Relu(), "t", "s"), (PRelu(), "x s", "y")])
    [(_, reason)] = refusals(graph, rewrite_prelu)
    assert reason == "its slopes are not one constant per channel"
    assert ops(prelu_as_maximum(graph)) == ["Relu", "PRelu"]
