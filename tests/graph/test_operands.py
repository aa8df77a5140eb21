from __future__ import annotations

import numpy as np
import pytest

from edgeface.graph.operands import behind, is_close, number, polynomial, with_number
from edgeface.graph.ops.activations import Relu
from edgeface.graph.ops.arithmetic import Add, Div, Mul, Sub
from edgeface.graph.ops.functions import Neg
from edgeface.graph.ops.power import Pow

CONSTANTS = {"two": np.array(2, np.float32), "four": np.full((1, 3), 4, np.float32), "mixed": np.eye(3)[:1]}


@pytest.fixture
def graph_of(make_graph):
    def build(*rows):
        used = {name for _, read, _ in rows for name in read.split()}
        constants = {name: data.astype(np.float32) for name, data in CONSTANTS.items() if name in used}
        return make_graph({"x": (1, 3), "z": (1, 3)}, rows, constants)

    return build


def test_a_number_is_a_constant_that_repeats_one(graph_of):
    graph = graph_of((Add(), "x two", "a"), (Add(), "a four", "b"), (Add(), "b mixed", "y"))
    assert [number(graph, name) for name in ("two", "four", "mixed", "x")] == [2.0, 4.0, None, None]
    assert [with_number(graph, node) for node in graph.nodes] == [("x", 2.0), ("a", 4.0), None]


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        ([(Add(), "x z", "y")], {("x",): 1, ("z",): 1}),
        ([(Add(), "x two", "a"), (Mul(), "a x", "y")], {("x", "x"): 1, ("x",): 2}),
        ([(Sub(), "two x", "a"), (Neg(), "a", "b"), (Div(), "b four", "y")], {(): -0.5, ("x",): 0.25}),
        ([(Add(), "x two", "a"), (Pow(), "a two", "y")], {("x", "x"): 1, ("x",): 4, (): 4}),
        ([(Relu(), "x", "r"), (Mul(), "r x", "y")], {("r", "x"): 1}),
        ([(Div(), "x z", "y")], {("y",): 1}),
        ([(Pow(), "x four", "a"), (Mul(), "a x", "y")], {("y",): 1}),
        ([(Add("relu"), "x z", "a"), (Add(), "a x", "y")], {("a",): 1, ("x",): 1}),
    ],
)
def test_a_value_is_a_polynomial_of_what_is_behind_it(graph_of, rows, found):
    assert polynomial(graph_of(*rows), "y") == found


def test_values_among_the_stops_stay(graph_of):
    graph = graph_of((Add(), "x z", "a"), (Mul(), "a two", "y"))
    assert polynomial(graph, "y", {"a"}) == {("a",): 2}


def test_polynomials_are_close_by_their_factors():
    assert is_close({("x",): 0.04471}, {("x",): 0.044715})
    assert not is_close({("x",): 0.0449}, {("x",): 0.044715})
    assert not is_close({("x",): 1.0, (): 1e-9}, {("x",): 1.0})


def test_nodes_behind_a_value_come_nearest_first_and_once(graph_of):
    graph = graph_of((Relu(), "x", "a"), (Neg(), "a", "b"), (Add(), "a b", "y"))
    assert [node.output for node in behind(graph, "y")] == ["y", "a", "b"]
    assert [node.output for node in behind(graph, "y", 1)] == ["y"]
