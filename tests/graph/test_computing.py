from __future__ import annotations

import pytest

from edgeface.graph.computing import computing_node
from edgeface.graph.ops.activations import Sigmoid
from edgeface.graph.ops.moves import MOVES
from edgeface.graph.ops.shape import Reshape, Transpose


@pytest.fixture
def graph(make_graph):
    rows = [
        (Reshape((1, 6, 2)), "x", "first"),
        (Sigmoid(), "first", "computed"),
        (Transpose((0, 2, 1)), "computed", "turned"),
        (Reshape((1, 12)), "turned", "y"),
    ]
    return make_graph({"x": (1, 3, 4)}, rows)


@pytest.mark.parametrize(("name", "maker"), [("y", "computed"), ("turned", "computed"), ("computed", "computed")])
def test_moves_lead_to_what_computes(graph, name, maker):
    (node,) = [each for each in graph.nodes if each.output == name]
    found = computing_node(graph, node)
    assert found is not None
    assert found.output == maker


def test_what_moves_an_input_is_computed_by_nothing(graph):
    assert computing_node(graph, graph.nodes[0]) is None


def test_a_reshape_and_a_transpose_are_moves():
    assert {Reshape, Transpose} <= set(MOVES)
