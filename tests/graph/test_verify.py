from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from edgeface.errors import GraphError
from edgeface.graph.ir import Value
from edgeface.graph.ops.activations import Relu
from edgeface.graph.ops.arithmetic import Add
from edgeface.graph.types import TensorType
from edgeface.graph.verify import verify


@pytest.fixture
def graph(make_graph):
    rows = [(Add(), "x c", "a"), (Relu(), "a", "y")]
    return make_graph({"x": (1, 2)}, rows, {"c": np.zeros(2, np.float32)})


def test_a_graph_that_was_built_is_valid(graph):
    verify(graph)


def test_a_value_read_before_it_is_made_is_named(graph):
    with pytest.raises(GraphError, match="'a' is read before it is produced") as caught:
        verify(replace(graph, nodes=graph.nodes[::-1]))
    assert "Relu 'y'" in caught.value.where


def test_a_type_that_the_op_does_not_make_is_named(graph):
    values = {**graph.values, "y": Value("y", TensorType((1, 3)))}
    with pytest.raises(GraphError, match=r"has type float32\[1,3\], but its op infers float32\[1,2\]"):
        verify(replace(graph, values=values))


def test_an_output_that_nothing_makes_is_named(graph):
    with pytest.raises(GraphError, match="output 'z'"):
        verify(replace(graph, outputs=("y", "z")))


@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf])
def test_a_constant_that_is_not_finite_is_named(graph, number):
    with pytest.raises(GraphError, match="NaN or infinity") as caught:
        verify(graph.rebuild(constants={"c": np.array([0, number], np.float32)}))
    assert caught.value.where == "tensor 'c'"
