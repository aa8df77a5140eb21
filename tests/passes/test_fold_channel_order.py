from __future__ import annotations

import pytest

from edgeface.graph.ops.activations import Relu
from edgeface.graph.ops.conv import Conv
from edgeface.graph.ops.take import Take
from edgeface.graph.rewrite import refusals
from edgeface.passes.fold_channel_order import fold_after, fold_before, fold_channel_order

X = {"x": (1, 3, 5, 6)}


@pytest.fixture
def weights(normal):
    return {"w": normal(4, 3, 3, 3), "b": normal(4), "d": normal(3, 1, 3, 3), "v": normal(2, 4, 1, 1)}


def test_an_order_before_a_convolution_becomes_that_of_its_kernels(make_graph, weights, same, ops):
    graph = make_graph(X, [(Take(1, (2, 0, 1)), "x", "a"), (Conv(pads=(1, 1, 1, 1)), "a w b", "y")], weights)
    folded = fold_channel_order(graph)
    assert ops(folded) == ["Conv"]
    same(graph, folded)


def test_an_order_after_a_convolution_becomes_that_of_its_outputs(make_graph, weights, same, ops):
    rows = [(Conv(activation="relu"), "x w b", "a"), (Take(1, (3, 1, 0, 2)), "a", "z"), (Relu(), "z", "y")]
    graph = make_graph(X, rows, weights)
    folded = fold_channel_order(graph)
    assert ops(folded) == ["Conv", "Relu"]
    same(graph, folded)


def test_an_order_that_others_read_too_is_folded_for_the_convolution_alone(make_graph, weights, same, ops):
    rows = [(Take(1, (2, 0, 1)), "x", "a"), (Conv(), "a w", "y"), (Relu(), "a", "z")]
    graph = make_graph(X, rows, weights, ["y", "z"])
    folded = fold_channel_order(graph)
    assert sorted(ops(folded)) == ["Conv", "Relu", "Take"]
    same(graph, folded)


@pytest.mark.parametrize("take", [Take(1, (0, 0, 2)), Take(1, (2, 1)), Take(2, (4, 3, 2, 1, 0))])
def test_what_is_no_permutation_of_channels_stays(make_graph, normal, take):
    channels = len(take.indices) if take.axis == 1 else 3
    graph = make_graph(X, [(take, "x", "a"), (Conv(), "a w", "y")], {"w": normal(4, channels, 1, 1)})
    assert fold_channel_order(graph) is graph


def test_an_order_between_depthwise_convolutions_or_of_an_output_stays(make_graph, weights):
    order = Take(1, (2, 0, 1))
    grouped = make_graph(X, [(order, "x", "a"), (Conv(groups=3), "a d", "y")], weights)
    assert fold_channel_order(grouped) is grouped
    assert [reason for _, reason in refusals(grouped, fold_before)] == ["the weights are computed or grouped"]
    read = make_graph(X, [(Conv(), "x w", "a"), (Take(1, (3, 1, 0, 2)), "a", "y")], weights, ["y", "a"])
    assert fold_channel_order(read) is read
    assert [reason for _, reason in refusals(read, fold_after)] == ["the convolution has other readers"]
