from __future__ import annotations

import numpy as np
import pytest

from edgeface.graph.ops.activations import Relu
from edgeface.graph.ops.arithmetic import Concat
from edgeface.graph.ops.shape import Pad
from edgeface.graph.rewrite import refusals
from edgeface.passes.pad_for_zeros import pad, pad_for_zeros

X = {"x": (1, 3, 4, 5)}
ZEROS = {"z": np.zeros((1, 2, 4, 5), np.float32), "o": np.ones((1, 2, 4, 5), np.float32)}


@pytest.mark.parametrize(("read", "left"), [("x z", ["Pad"]), ("z x z", ["Pad"]), ("z x o z z", ["Concat", "Pad"])])
def test_zeros_at_the_ends_are_padding(make_graph, same, ops, read, left):
    graph = make_graph(X, [(Concat(1), read, "y")], ZEROS)
    padded = pad_for_zeros(graph)
    assert ops(padded) == left
    same(graph, padded)


def test_zeros_along_other_axes_are_padding_too(make_graph, same):
    graph = make_graph(X, [(Concat(-2), "x z", "y")], {"z": np.zeros((1, 3, 2, 5), np.float32)})
    assert pad_for_zeros(graph).nodes[0].op == Pad((0, 0, 0, 0, 0, 0, 2, 0))
    same(graph, pad_for_zeros(graph))


@pytest.mark.parametrize("read", ["x o", "x z x"])
def test_other_constants_and_zeros_in_between_stay(make_graph, read):
    graph = make_graph(X, [(Relu(), "x", "a"), (Concat(1), read.replace("x", "a"), "y")], ZEROS)
    assert pad_for_zeros(graph) is graph


def test_nothing_but_zeros_stays(make_graph):
    graph = make_graph(X, [(Concat(1), "z z", "y")], ZEROS)
    assert pad_for_zeros(graph) is graph
    assert [reason for _, reason in refusals(graph, pad)] == ["nothing but zeros is joined"]
