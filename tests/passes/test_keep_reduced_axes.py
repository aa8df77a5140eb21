from __future__ import annotations

import pytest

from edgeface.graph.ops.reduction import ReduceMax, ReduceMean, ReduceSum
from edgeface.graph.ops.shape import Reshape
from edgeface.passes.keep_reduced_axes import keep_reduced_axes

IMAGE = {"x": (1, 3, 4, 5)}


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        ([(ReduceMean((2, 3), False), "x", "y")], ["GlobalAveragePool", "Reshape"]),
        ([(ReduceMean((2, 3)), "x", "y")], ["GlobalAveragePool"]),
        ([(ReduceMean((3,), False), "x", "a"), (ReduceMean((2,), False), "a", "y")], ["GlobalAveragePool", "Reshape"]),
        ([(ReduceMean((2,), False), "x", "a"), (ReduceMean((2,), False), "a", "y")], ["GlobalAveragePool", "Reshape"]),
        ([(ReduceMean((3,)), "x", "a"), (ReduceMean((2,)), "a", "y")], ["GlobalAveragePool"]),
        ([(ReduceMax((2, 3), False), "x", "y")], ["ReduceMax", "Reshape"]),
        ([(ReduceSum((3,), False), "x", "a"), (ReduceSum((0, 1), False), "a", "y")], ["ReduceSum", "Reshape"]),
        ([(ReduceSum(()), "x", "y")], ["Reshape"]),
        ([(ReduceMean((3,)), "x", "a"), (ReduceMax((2,)), "a", "y")], ["ReduceMean", "ReduceMax"]),
        ([(ReduceMean((1,)), "x", "y")], ["ReduceMean"]),
    ],
)
def test_reductions_keep_their_axes_and_merge(make_graph, same, ops, rows, found):
    graph = make_graph(IMAGE, rows)
    kept = keep_reduced_axes(graph)
    assert [name for name in ops(kept) if name != "Reshape"] == [name for name in found if name != "Reshape"]
    assert ("Reshape" in ops(kept)) == ("Reshape" in found)
    assert all(getattr(node.op, "keepdims", True) for node in kept.nodes)
    same(graph, kept)


def test_a_reshape_that_mixes_axes_is_not_looked_through(make_graph, ops):
    rows = [(ReduceMean((2,)), "x", "a"), (Reshape((1, 5, 3)), "a", "b"), (ReduceMean((2,)), "b", "y")]
    graph = make_graph(IMAGE, rows)
    assert keep_reduced_axes(graph) is graph
