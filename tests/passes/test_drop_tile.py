from __future__ import annotations

import pytest

from edgeface.graph.ops.activations import Relu
from edgeface.graph.ops.arithmetic import Add, Mul
from edgeface.graph.ops.spatial import GlobalAveragePool
from edgeface.graph.ops.tile import Tile
from edgeface.passes.drop_tile import drop_tile

X = {"x": (1, 3, 4, 5)}
MEAN = (GlobalAveragePool(), "x", "m")


@pytest.mark.parametrize("read", ["x t", "t x"])
def test_a_reader_that_broadcasts_needs_no_repetition(make_graph, same, ops, read):
    graph = make_graph(X, [MEAN, (Tile((1, 1, 4, 5)), "m", "t"), (Mul(), read, "y")])
    dropped = drop_tile(graph)
    assert ops(dropped) == ["GlobalAveragePool", "Mul"]
    same(graph, dropped)


def test_a_repetition_that_others_read_stays_for_them(make_graph, same, ops):
    rows = [MEAN, (Tile((1, 1, 4, 5)), "m", "t"), (Mul(), "x t", "y"), (Relu(), "t", "z")]
    graph = make_graph(X, rows, outputs=["y", "z"])
    dropped = drop_tile(graph)
    assert ops(dropped).count("Tile") == 1
    assert dropped.producers["y"].inputs == ("x", "m")
    same(graph, dropped)


@pytest.mark.parametrize(
    "rows",
    [
        [MEAN, (Tile((1, 1, 4, 5)), "m", "t"), (Tile((1, 1, 4, 5)), "m", "u"), (Add(), "t u", "y")],
        [(Tile((1, 1, 2, 1)), "x", "t"), (Tile((1, 1, 2, 1)), "x", "u"), (Add(), "t u", "y")],
        [MEAN, (Tile((1, 1, 4, 5)), "m", "t"), (Add(), "t m", "y")],
    ],
)
def test_a_repetition_that_makes_the_result_larger_keeps_its_size(make_graph, same, rows):
    graph = make_graph(X, rows)
    same(graph, drop_tile(graph))
    assert any(isinstance(node.op, Tile) for node in drop_tile(graph).nodes)
