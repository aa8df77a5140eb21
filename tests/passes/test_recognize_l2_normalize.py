from __future__ import annotations

import numpy as np
import pytest

from edgeface.graph.ops.activations import Clip, Relu
from edgeface.graph.ops.arithmetic import Add, Div, Mul
from edgeface.graph.ops.functions import Reciprocal, Sqrt
from edgeface.graph.ops.l2_normalize import L2Normalize
from edgeface.graph.ops.reduction import ReduceL1, ReduceL2, ReduceSum, ReduceSumSquare
from edgeface.graph.rewrite import refusals
from edgeface.passes.recognize_l2_normalize import recognize, recognize_l2_normalize

ROWS = {"x": (2, 6)}
LENGTHS = [
    [(ReduceL2((1,)), "x", "n")],
    [(ReduceSumSquare((1,)), "x", "s"), (Sqrt(), "s", "n")],
    [(Mul(), "x x", "xx"), (ReduceSum((1,)), "xx", "s"), (Sqrt(), "s", "n")],
    [(ReduceL2((1,)), "x", "m"), (Clip(1e-12), "m", "n")],
    [(ReduceSumSquare((1,)), "x", "s"), (Clip(1e-12), "s", "c"), (Sqrt(), "c", "n")],
    [(ReduceSumSquare((1,)), "x", "s"), (Add(), "s tiny", "c"), (Sqrt(), "c", "n")],
    [(ReduceSumSquare((1,)), "x", "s"), (Add(), "large s", "c"), (Sqrt(), "c", "n")],
    [(ReduceL2((1,)), "x", "m"), (Add(), "m tiny", "n")],
    [(ReduceL2((1,)), "x", "m"), (Clip(50.0), "m", "n")],
    [(ReduceSumSquare((1,)), "x", "s"), (Clip(90.0), "s", "c"), (Sqrt(), "c", "n")],
]
ENDS = [
    [(Div(), "x n", "y")],
    [(Reciprocal(), "n", "r"), (Mul(), "x r", "y")],
    [(Reciprocal(), "n", "r"), (Mul(), "r x", "y")],
]


def graph_of(make_graph, rows, inputs=ROWS):
    numbers = {"tiny": 1e-10, "large": 3.0}
    used = {name for _, read, _ in rows for name in read.split()}
    return make_graph(inputs, rows, {name: np.array(n, np.float32) for name, n in numbers.items() if name in used})


@pytest.mark.parametrize("end", range(len(ENDS)))
@pytest.mark.parametrize("length", range(len(LENGTHS)))
def test_a_vector_divided_by_its_length_is_one_op(make_graph, same, length, end):
    graph = graph_of(make_graph, [*LENGTHS[length], *ENDS[end]])
    found = recognize_l2_normalize(graph)
    assert [type(node.op) for node in found.nodes] == [L2Normalize]
    same(graph, found)


@pytest.mark.parametrize(
    "rows",
    [
        [(ReduceL1((1,)), "x", "n"), *ENDS[0]],
        [(ReduceL2((1,)), "x", "m"), (Clip(high=0.5), "m", "n"), *ENDS[0]],
        [(ReduceL2((1,)), "x", "m"), (Add(), "m large", "n"), *ENDS[0]],
        [(ReduceL2((1,)), "x", "m"), (Clip(0.5), "m", "k"), (Add(), "k tiny", "n"), *ENDS[0]],
        [(ReduceSumSquare((1,)), "x", "n"), *ENDS[0]],
        [(ReduceL2((1,)), "x", "n"), (Div(), "n x", "y")],
        [(ReduceL2((0, 1)), "x", "n"), *ENDS[0]],
        [(ReduceL2((1,)), "x", "m"), (Sqrt(), "m", "n"), *ENDS[0]],
    ],
)
def test_neighbours_stay(make_graph, rows):
    graph = graph_of(make_graph, rows)
    assert recognize_l2_normalize(graph) is graph


def test_another_value_divided_by_it_is_refused_with_the_reason(make_graph):
    graph = graph_of(make_graph, [(Relu(), "x", "z"), (ReduceL2((1,)), "z", "n"), *ENDS[0]])
    assert recognize_l2_normalize(graph) is graph
    assert [reason for _, reason in refusals(graph, recognize)] == [
        "what it divides is another value than the one whose length it takes"
    ]
