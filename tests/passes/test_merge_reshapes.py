from __future__ import annotations

from edgeface.graph.ops.activations import Relu
from edgeface.graph.ops.arithmetic import Add
from edgeface.graph.ops.shape import Reshape, Transpose
from edgeface.graph.rewrite import refusals
from edgeface.passes.merge_reshapes import drop, merge_reshapes


def test_a_reshape_of_a_reshape_reads_the_first_ones_input(make_graph, same, ops):
    rows = [(Reshape((6, 4)), "x", "a"), (Reshape((24,)), "a", "b"), (Reshape((4, 6)), "b", "y")]
    graph = make_graph({"x": (2, 3, 4)}, rows)
    merged = merge_reshapes(graph)
    assert ops(merged) == ["Reshape"]
    same(graph, merged)


def test_the_first_stays_where_something_else_reads_it(make_graph, same, ops):
    rows = [(Reshape((6, 4)), "x", "a"), (Reshape((24,)), "a", "y"), (Relu(), "a", "z")]
    graph = make_graph({"x": (2, 3, 4)}, rows, None, ["y", "z"])
    merged = merge_reshapes(graph)
    assert ops(merged) == ["Reshape", "Reshape", "Relu"]
    assert merged.producers["y"].inputs == ("x",)
    same(graph, merged)


def test_a_reshape_to_the_same_shape_vanishes_for_all_its_readers(make_graph, same, ops):
    rows = [(Relu(), "x", "a"), (Reshape((2, 3)), "a", "b"), (Relu(), "b", "c"), (Add(), "b c", "y")]
    graph = make_graph({"x": (2, 3)}, rows)
    merged = merge_reshapes(graph)
    assert ops(merged) == ["Relu", "Relu", "Add"]
    same(graph, merged)


def test_there_and_back_vanishes(make_graph, same, ops):
    graph = make_graph({"x": (2, 3)}, [(Reshape((6,)), "x", "a"), (Reshape((2, 3)), "a", "b"), (Relu(), "b", "y")])
    merged = merge_reshapes(graph)
    assert ops(merged) == ["Relu"]
    same(graph, merged)


def test_a_reshape_that_names_an_output_stays(make_graph):
    graph = make_graph({"x": (2, 3)}, [(Relu(), "x", "a"), (Reshape((2, 3)), "a", "y")])
    assert merge_reshapes(graph) is graph
    assert [reason for _, reason in refusals(graph, drop)] == ["it produces an output of the graph"]


def test_reshapes_around_a_transpose_stay(make_graph):
    graph = make_graph(
        {"x": (2, 3)}, [(Reshape((3, 2)), "x", "a"), (Transpose((1, 0)), "a", "b"), (Reshape((6,)), "b", "y")]
    )
    assert merge_reshapes(graph) is graph
