from __future__ import annotations

import pytest

from edgeface.graph.ops.arithmetic import Concat
from edgeface.graph.ops.conv import Conv
from edgeface.passes.join_convolutions import join_convolutions

HEADS = {"a", "b", "c"}


@pytest.fixture
def heads(make_graph, normal):
    """Three 1×1 convolutions of one image; the first one's reader comes before the last one."""

    def make(**ops):
        rows = [
            (ops.get("a", Conv()), "x wa ba", "a"),
            (Conv(), "a wz", "z"),
            (ops.get("b", Conv()), "x wb bb", "b"),
            (ops.get("c", Conv()), ops.get("read", "x wc bc"), "c"),
            (Concat(1), "z b c", "y"),
        ]
        weights = {"wa": (4, 3, 1, 1), "wb": (8, 3, 1, 1), "wc": (20, 3, 1, 1), "wz": (2, 4, 1, 1)}
        biases = {"ba": (4,), "bb": (8,), "bc": (20,)}
        named = {name: normal(*shape) for name, shape in (weights | biases).items()}
        return make_graph({"x": (1, 3, 4, 5)}, rows, named)

    return make


def test_convolutions_of_one_image_become_one_and_slices(heads, same, ops):
    graph = heads()
    joined = join_convolutions(graph, HEADS)
    assert ops(joined) == ["Conv", "Slice", "Slice", "Slice", "Conv", "Concat"]
    assert joined.type("a/joined").shape == (1, 32, 4, 5)
    same(graph, joined)


@pytest.mark.parametrize(
    ("change", "wanted", "convolutions"),
    [
        ({}, {"a"}, 4),
        ({}, {"a", "b"}, 3),
        ({"b": Conv(activation="relu")}, HEADS, 3),  # the other two are joined
        ({"read": "x wc"}, HEADS, 3),  # without a bias
    ],
)
def test_only_wanted_ones_that_differ_in_weights_and_biases_are_joined(heads, same, ops, change, wanted, convolutions):
    graph = heads(**change)
    joined = join_convolutions(graph, wanted)
    assert ops(joined).count("Conv") == convolutions
    same(graph, joined)


def test_grouped_ones_and_computed_weights_stay(make_graph, normal):
    rows = [
        (Conv(groups=2), "x wa", "a"),
        (Conv(groups=2), "x wa", "b"),
        (Conv(), "x k", "c"),
        (Conv(), "x k", "d"),
        (Concat(1), "a b c d", "y"),
    ]
    graph = make_graph({"x": (1, 2, 3, 3), "k": (2, 2, 1, 1)}, rows, {"wa": normal(2, 1, 1, 1)})
    assert join_convolutions(graph, {"a", "b", "c", "d"}) is graph
