from __future__ import annotations

import pytest

from edgeface.graph.ops.activations import Relu, Softmax
from edgeface.graph.ops.arithmetic import Concat
from edgeface.graph.ops.conv import Conv, Gemm
from edgeface.graph.ops.shape import Reshape, Transpose
from edgeface.graph.rewrite import refusals
from edgeface.passes.replace_two_way_softmax import replace, replace_two_way_softmax

NHWC = (0, 2, 3, 1)
IMAGE = {"x": (1, 3, 4, 5)}
HEAD = [(Conv(), "x w b", "a"), (Transpose(NHWC), "a", "t"), (Reshape((1, 40, 2)), "t", "r")]
SOFTMAX = (Softmax(-1), "r", "y")


@pytest.fixture
def weights(normal):
    return {
        "w": normal(4, 3, 1, 1),
        "b": normal(4),
        "v": normal(2, 3, 3, 3),
        "m": normal(6, 5),
        "odd": normal(3, 3, 1, 1),
    }


def refused(graph):
    assert replace_two_way_softmax(graph) is graph
    return [reason for _, reason in refusals(graph, replace)]


def test_pairs_of_adjacent_channels_become_sigmoids_of_differences(make_graph, weights, same, ops):
    graph = make_graph(IMAGE, [*HEAD, SOFTMAX], weights)
    replaced = replace_two_way_softmax(graph)
    assert ops(replaced) == ["Conv", "Transpose", "Reshape", "Sigmoid"]
    same(graph, replaced)


def test_axis_two_of_rank_three_is_the_last_axis(make_graph, weights, same, ops):
    graph = make_graph(IMAGE, [*HEAD, (Softmax(2), "r", "y")], weights)
    replaced = replace_two_way_softmax(graph)
    assert "Softmax" not in ops(replaced)
    same(graph, replaced)


def test_heads_of_several_sizes_without_bias_are_joined(make_graph, weights, same, ops):
    other = [(Conv(pads=(1, 1, 1, 1)), "x v", "a2"), (Transpose(NHWC), "a2", "t2"), (Reshape((1, 20, 2)), "t2", "r2")]
    graph = make_graph(IMAGE, [*HEAD, *other, (Concat(1), "r r2", "j"), (Softmax(-1), "j", "y")], weights)
    replaced = replace_two_way_softmax(graph)
    assert ops(replaced).count("Sigmoid") == 1
    same(graph, replaced)


def test_a_matrix_product_makes_pairs_too(make_graph, weights, same, ops):
    graph = make_graph({"x": (2, 5)}, [(Gemm(), "x m", "a"), (Reshape((2, 3, 2)), "a", "r"), SOFTMAX], weights)
    replaced = replace_two_way_softmax(graph)
    assert ops(replaced) == ["Gemm", "Reshape", "Sigmoid"]
    same(graph, replaced)


def test_three_classes_stay(make_graph, normal):
    graph = make_graph({"x": (2, 5)}, [(Gemm(), "x m", "r"), SOFTMAX], {"m": normal(3, 5)})
    assert refused(graph) == ["not a softmax over a last axis of two"]


def test_two_along_another_axis_stay(make_graph, normal):
    graph = make_graph(IMAGE, [(Conv(), "x w", "r"), (Softmax(1), "r", "y")], {"w": normal(2, 3, 1, 1)})
    assert refused(graph) == ["not a softmax over a last axis of two"]


def test_a_reshape_without_a_transpose_pairs_neighbouring_pixels_and_stays(make_graph, weights):
    graph = make_graph(IMAGE, [(Conv(), "x w b", "a"), (Reshape((1, 40, 2)), "a", "r"), SOFTMAX], weights)
    assert "channels cannot be paired through" in refused(graph)[0]


def test_another_transpose_stays(make_graph, weights):
    rows = [(Conv(), "x w b", "a"), (Transpose((0, 3, 2, 1)), "a", "t"), (Reshape((1, 40, 2)), "t", "r"), SOFTMAX]
    assert "channels cannot be paired through" in refused(make_graph(IMAGE, rows, weights))[0]


def test_an_odd_number_of_channels_stays(make_graph, weights):
    rows = [(Conv(), "x odd", "a"), (Transpose(NHWC), "a", "t"), (Reshape((1, 30, 2)), "t", "r"), SOFTMAX]
    assert "channels cannot be paired" in refused(make_graph(IMAGE, rows, weights))[0]


def test_an_activation_between_stays(make_graph, weights):
    rows = [(Conv(activation="relu"), "x w b", "a"), *HEAD[1:], SOFTMAX]
    assert "an activation" in refused(make_graph(IMAGE, rows, weights))[0]
    rows = [(Conv(), "x w b", "c"), (Relu(), "c", "a"), *HEAD[1:], SOFTMAX]
    assert "is not a layer" in refused(make_graph(IMAGE, rows, weights))[0]


@pytest.mark.parametrize("extra", ["a", "t", "r"])
def test_logits_that_are_read_elsewhere_stay(make_graph, weights, extra):
    graph = make_graph(IMAGE, [*HEAD, SOFTMAX], weights, ["y", extra])
    assert f"{extra!r} is an input, an output or has other readers" in refused(graph)


def test_the_same_logits_twice_stay(make_graph, weights):
    graph = make_graph(IMAGE, [*HEAD, (Concat(1), "r r", "j"), (Softmax(-1), "j", "y")], weights)
    assert "concatenated with itself" in refused(graph)[0]


def test_a_softmax_of_an_input_stays(make_graph):
    assert len(refused(make_graph({"r": (3, 2)}, [SOFTMAX]))) == 1
