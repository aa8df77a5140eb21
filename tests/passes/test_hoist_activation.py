from __future__ import annotations

import numpy as np
import pytest

from edgeface.graph.ops.activations import Clip, HardSwish, LeakyRelu, PRelu, Relu, Sigmoid, Softmax
from edgeface.graph.ops.arithmetic import Concat
from edgeface.graph.rewrite import refusals
from edgeface.passes.hoist_activation import hoist, hoist_activation

SHAPES = {"p": (1, 2, 3, 4), "q": (1, 5, 3, 4)}


@pytest.mark.parametrize("op", [Relu(), LeakyRelu(alpha=0.2), Clip(-1.0, 2.0), Sigmoid()])
def test_an_activation_moves_into_the_branches(make_graph, same, ops, op):
    graph = make_graph(SHAPES, [(Concat(1), "p q", "a"), (op, "a", "y")])
    hoisted = hoist_activation(graph)
    assert ops(hoisted) == [type(op).__name__] * 2 + ["Concat"]
    same(graph, hoisted)


def test_it_moves_through_a_concat_of_concats_and_of_one_value_twice(make_graph, same, ops):
    graph = make_graph(SHAPES, [(Concat(1), "p q", "a"), (Concat(1), "a p p", "b"), (Relu(), "b", "y")])
    hoisted = hoist_activation(graph)
    assert ops(hoisted).count("Relu") == 4
    same(graph, hoisted)


@pytest.mark.parametrize("op", [HardSwish(), Softmax(1)])
def test_other_activations_stay(make_graph, op):
    graph = make_graph(SHAPES, [(Concat(1), "p q", "a"), (op, "a", "y")])
    assert hoist_activation(graph) is graph


def test_slopes_by_channel_stay(make_graph):
    slopes = {"s": np.full((7, 1, 1), 0.1, np.float32)}
    graph = make_graph(SHAPES, [(Concat(1), "p q", "a"), (PRelu(), "a s", "y")], slopes)
    assert hoist_activation(graph) is graph


@pytest.mark.parametrize("outputs", [["y", "a"], ["y", "z"]])
def test_a_concatenation_that_is_read_elsewhere_stays(make_graph, outputs):
    graph = make_graph(SHAPES, [(Concat(1), "p q", "a"), (Relu(), "a", "y"), (HardSwish(), "a", "z")], None, outputs)
    assert hoist_activation(graph) is graph
    assert [reason for _, reason in refusals(graph, hoist)] == ["the concatenation has other readers"]
