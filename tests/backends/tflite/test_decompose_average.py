from __future__ import annotations

import numpy as np
import pytest

from edgeface.backends.tflite.decompose_average import decompose, decompose_average
from edgeface.graph.ops.conv import Conv
from edgeface.graph.ops.spatial import AveragePool, MaxPool
from edgeface.graph.rewrite import refusals

IMAGE = {"x": (1, 5, 8, 6)}


@pytest.mark.parametrize(
    "op",
    [AveragePool((2, 2), (2, 2)), AveragePool((3, 3), (1, 1), (1, 1, 1, 1)), AveragePool((5, 3), (2, 1))],
)
def test_the_numbers_stay(make_graph, normal, evaluate, op):
    graph = make_graph(IMAGE, [(op, "x", "y")])
    decomposed = decompose_average(graph)
    assert [type(node.op) for node in decomposed.nodes] == [Conv]
    feed = {"x": normal(1, 5, 8, 6)}
    np.testing.assert_allclose(evaluate(decomposed, feed)["y"], evaluate(graph, feed)["y"], rtol=1e-5, atol=1e-6)


def test_large_windows_are_refused_and_other_pooling_stays(make_graph):
    large = make_graph(IMAGE, [(AveragePool((8, 6)), "x", "y")])
    assert decompose_average(large) is large
    assert [reason for _, reason in refusals(large, decompose)] == ["a window has 48 pixels, more than 25"]
    other = make_graph(IMAGE, [(MaxPool((2, 2), (2, 2)), "x", "y")])
    assert decompose_average(other) is other
    assert refusals(other, decompose) == []
