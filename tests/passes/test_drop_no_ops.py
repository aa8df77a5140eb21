from __future__ import annotations

import pytest

from edgeface.graph.ops.activations import Relu
from edgeface.graph.ops.shape import Pad, Slice, Transpose
from edgeface.graph.rewrite import refusals
from edgeface.passes.drop_no_ops import drop, drop_no_ops

SHAPE = (1, 4, 6, 5)
NO_OPS = [Slice((0, 0, 0, 0), SHAPE), Pad((0,) * 8), Transpose((0, 1, 2, 3))]
OPS = [
    Slice((0, 1, 0, 0), SHAPE),
    Slice((0, 0, 0, 0), (1, 4, 6, 4)),
    Pad((0, 0, 0, 0, 0, 1, 0, 0)),
    Transpose((0, 1, 3, 2)),
]


@pytest.mark.parametrize("op", NO_OPS)
def test_an_op_without_effect_vanishes_for_all_its_readers(make_graph, same, ops, op):
    graph = make_graph({"x": SHAPE}, [(op, "x", "a"), (Relu(), "a", "y"), (Relu(), "a", "z")], None, ["y", "z"])
    dropped = drop_no_ops(graph)
    assert ops(dropped) == ["Relu", "Relu"]
    same(graph, dropped)


@pytest.mark.parametrize("op", OPS)
def test_an_op_with_an_effect_stays(make_graph, op):
    graph = make_graph({"x": SHAPE}, [(op, "x", "a"), (Relu(), "a", "y")])
    assert drop_no_ops(graph) is graph


@pytest.mark.parametrize("op", NO_OPS)
def test_one_that_names_an_output_stays_and_is_written(make_graph, same, op):
    graph = make_graph({"x": SHAPE}, [(Relu(), "x", "a"), (op, "a", "y")])
    assert drop_no_ops(graph) is graph
    assert [reason for _, reason in refusals(graph, drop)] == ["it produces an output of the graph"]
    same(graph, graph)
