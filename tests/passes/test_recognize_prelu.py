from __future__ import annotations

import numpy as np
import pytest

from edgeface.graph.ops.activations import Clip, Relu, Sigmoid
from edgeface.graph.ops.arithmetic import Add, Mul, Sub
from edgeface.graph.ops.comparison import Greater, Less, Where
from edgeface.graph.ops.extremes import Max
from edgeface.graph.ops.functions import Neg
from edgeface.passes.recognize_prelu import recognize_prelu

IMAGE = {"x": (1, 2, 3, 4)}
CHANNELS = np.array([0.2, -0.3], np.float32).reshape(2, 1, 1)
HALVES = [(Relu(), "x", "p"), (Neg(), "x", "n"), (Relu(), "n", "q")]
LOW = [(Relu(), "x", "p"), (Clip(high=0.0), "x", "q")]
SPELLINGS = [
    [*HALVES, (Mul(), "c q", "m"), (Add(), "p m", "y")],
    [*HALVES, (Mul(), "q c", "m"), (Add(), "m p", "y")],
    [*HALVES, (Mul(), "q c", "m"), (Sub(), "p m", "y")],
    [*LOW, (Mul(), "q c", "m"), (Add(), "p m", "y")],
    [(Mul(), "x c", "m"), (Max(), "m x", "y")],
    [(Greater(), "x zero", "t"), (Mul(), "x c", "m"), (Where(), "t x m", "y")],
]


def graph_of(make_graph, rows, slope):
    constants = {"c": slope, "zero": np.array(0, np.float32), "one": np.array(1, np.float32)}
    used = {name for _, read, _ in rows for name in read.split()}
    return make_graph(IMAGE, rows, {name: data for name, data in constants.items() if name in used})


@pytest.mark.parametrize("rows", SPELLINGS, ids=range(len(SPELLINGS)))
def test_prelu_is_recognized_in_other_words(make_graph, same, ops, rows):
    graph = graph_of(make_graph, rows, CHANNELS)
    found = recognize_prelu(graph)
    assert ops(found) == ["PRelu"]
    same(graph, found)


@pytest.mark.parametrize("rows", SPELLINGS[3:], ids=range(3, len(SPELLINGS)))
def test_one_slope_is_a_leaky_relu(make_graph, same, ops, rows):
    graph = graph_of(make_graph, rows, np.array(0.1, np.float32))
    found = recognize_prelu(graph)
    assert ops(found) == ["LeakyRelu"]
    same(graph, found)


@pytest.mark.parametrize(
    "rows",
    [
        [*HALVES, (Mul(), "c q", "m"), (Sub(), "m p", "y")],
        [(Sigmoid(), "x", "z"), (Relu(), "z", "p"), *HALVES[1:], (Mul(), "c q", "m"), (Add(), "p m", "y")],
        [(Relu(), "x", "p"), (Clip(high=1.0), "x", "q"), (Mul(), "q c", "m"), (Add(), "p m", "y")],
        [(Less(), "x zero", "t"), (Mul(), "x c", "m"), (Where(), "t x m", "y")],
        [(Greater(), "x one", "t"), (Mul(), "x c", "m"), (Where(), "t x m", "y")],
    ],
)
def test_neighbours_stay(make_graph, rows):
    graph = graph_of(make_graph, rows, CHANNELS)
    assert recognize_prelu(graph) is graph


def test_the_larger_one_of_a_steeper_line_stays(make_graph):
    graph = graph_of(make_graph, SPELLINGS[4], CHANNELS + 1)
    assert recognize_prelu(graph) is graph
