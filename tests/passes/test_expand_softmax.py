from __future__ import annotations

import pytest

from edgeface.graph.ops.activations import Softmax
from edgeface.graph.ops.softmax import LogSoftmax
from edgeface.passes.expand_softmax import expand_softmax


@pytest.mark.parametrize("axis", [1, 2, -2])
@pytest.mark.parametrize("op", [Softmax, LogSoftmax])
def test_a_softmax_over_flattened_axes_goes_along_one_axis(make_graph, same, ops, op, axis):
    graph = make_graph({"x": (2, 3, 4, 2)}, [(op(axis, flattened=True), "x", "y")])
    expanded = expand_softmax(graph)
    assert ops(expanded) == ["Reshape", op.__name__, "Reshape"]
    same(graph, expanded)


def test_a_softmax_along_one_axis_stays(make_graph):
    graph = make_graph({"x": (2, 3, 4, 2)}, [(Softmax(1), "x", "y")])
    assert expand_softmax(graph) is graph
