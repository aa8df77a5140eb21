from __future__ import annotations

import numpy as np
import pytest

from edgeface.errors import GraphError
from edgeface.graph.ir import Node
from edgeface.graph.ops.activations import Relu, Sigmoid
from edgeface.graph.ops.arithmetic import Add
from edgeface.passes import run_passes


@pytest.fixture
def graph(make_graph):
    return make_graph({"x": (2, 3)}, [(Sigmoid(), "x", "a"), (Relu(), "a", "y")])


def test_passes_run_in_order(graph, ops):
    def drop_relu(g):
        return g.rebuild([Node(Sigmoid(), ("x",), ("y",))])

    def append(g):
        return g.rebuild([*(Node(n.op, n.inputs, ("b",)) for n in g.nodes), Node(Relu(), ("b",), ("y",))])

    assert ops(run_passes(graph, (drop_relu, append))) == ["Sigmoid", "Relu"]


def test_a_pass_that_changes_the_interface_is_named(graph):
    def cut(g):
        return g.rebuild([Node(Add(), ("x", "c"), ("y",))], {"c": np.zeros((4, 2, 3), np.float32)})

    with pytest.raises(GraphError, match="pass cut changed"):
        run_passes(graph, (cut,))


def test_a_pass_that_leaves_an_invalid_graph_is_named(graph):
    def poison(g):
        return g.rebuild([Node(Add(), ("x", "c"), ("y",))], {"c": np.full(3, np.nan, np.float32)})

    with pytest.raises(GraphError, match="pass poison: a constant contains NaN"):
        run_passes(graph, (poison,))
