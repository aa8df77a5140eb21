from __future__ import annotations

import numpy as np
import pytest

from edgeface.errors import InputError
from edgeface.graph.ops.activations import LeakyRelu, Sigmoid
from edgeface.graph.ops.arithmetic import Add, Concat
from edgeface.graph.ops.conv import Conv
from edgeface.graph.ops.shape import Reshape, Transpose
from edgeface.quantize.algorithms import choose
from edgeface.quantize.algorithms.channel_splitting import Splitting, split_channels

SAME = (1, 1, 1, 1)
IMAGE = (1, 3, 9, 7)
ALL = Splitting(nodes=("*",))


def split(graph, stats, **settings):
    return split_channels(graph, stats, (), Splitting(**{"nodes": ("*",), **settings}))


@pytest.fixture
def detector(make_graph, normal):
    """Conv → LeakyReLU → depthwise → Conv → logits, moved as a detector moves them, → sigmoid, beside a box."""
    rows = [
        (Conv(pads=SAME), "x w0 b0", "a0"),
        (LeakyRelu(alpha=0.1), "a0", "a"),
        (Conv(groups=4, pads=SAME, activation="relu"), "a w1 b1", "c"),
        (Conv(activation="relu"), "c w2 b2", "d"),
        (Conv(), "d w3 b3", "logits"),
        (Transpose((0, 2, 3, 1)), "logits", "turned"),
        (Reshape((1, 126, 2)), "turned", "rows"),
        (Sigmoid(), "rows", "scores"),
        (Conv(), "d w4 b4", "boxes"),
    ]
    shapes = {0: (4, 3, 3, 3), 1: (4, 1, 3, 3), 2: (6, 4, 1, 1), 3: (4, 6, 1, 1), 4: (8, 6, 1, 1)}
    constants = {f"w{i}": normal(*shape, seed=i) for i, shape in shapes.items()}
    constants |= {f"b{i}": normal(shape[0], seed=i) for i, shape in shapes.items()}
    return make_graph({"x": IMAGE}, rows, constants, ["scores", "boxes"])


@pytest.mark.parametrize(("copies", "logit_copies"), [(2, 1), (1, 4), (3, 2)])
def test_the_network_computes_the_same(detector, observed, feeds, evaluate, copies, logit_copies):
    images = feeds(*IMAGE, count=3)
    made, _ = split(detector, observed(detector, images), copies=copies, logit_copies=logit_copies)
    assert made.type("c").shape[1] == 4 * copies
    assert made.type("d").shape[1] == 6 * copies
    assert made.type("logits").shape[1] == 4 * logit_copies
    for feed in images:
        expected, found = evaluate(detector, feed), evaluate(made, feed)
        for name in ("scores", "boxes"):
            assert np.abs(found[name] - expected[name]).max() <= 2e-5 * np.abs(expected[name]).max()


def test_the_returned_statistics_are_those_of_the_new_graph(detector, observed, feeds):
    images = feeds(*IMAGE, count=4)
    made, told = split(detector, observed(detector, images), logit_copies=1)
    seen = observed(made, images)
    for name in ("a0", "a", "c", "d", "logits", "boxes"):
        np.testing.assert_allclose(told.values[name].low, seen.values[name].low, rtol=1e-4, atol=1e-4)
        np.testing.assert_allclose(told.values[name].high, seen.values[name].high, rtol=1e-4, atol=1e-4)
    for name, moment in told.moments.items():
        np.testing.assert_allclose(moment, seen.moments[name], rtol=1e-3, atol=1e-3 * np.abs(moment).max())


def test_copied_logits_have_the_statistics_of_the_original_ones(detector, observed, feeds):
    images = feeds(*IMAGE, count=4)
    made, told = split(detector, observed(detector, images), copies=1)
    seen = observed(made, images)
    np.testing.assert_allclose(told.values["logits"].high, seen.values["logits"].high, rtol=1e-4)
    assert len(told.values["logits"].low) == 16


@pytest.mark.parametrize("settings", [{"nodes": ()}, {"nodes": ("nothing",)}, {"copies": 1, "logit_copies": 1}])
def test_nothing_changes_where_nothing_is_asked_for(detector, observed, feeds, settings):
    stats = observed(detector, feeds(*IMAGE, count=2))
    made, told = split(detector, stats, **settings)
    assert made.nodes == detector.nodes
    assert told.values == stats.values


def test_wide_layers_and_layers_in_float_are_not_split(detector, observed, feeds):
    stats = observed(detector, feeds(*IMAGE, count=2))
    made, _ = split(detector, stats, max_channels=5)
    assert [made.type(name).shape[1] for name in ("a", "c", "d")] == [8, 8, 6]
    made, _ = split_channels(detector, stats, {"c", "logits"}, ALL)
    assert [made.type(name).shape[1] for name in ("a", "c", "d", "logits")] == [4, 4, 12, 4]


def test_a_depthwise_convolution_outside_the_patterns_keeps_its_source_whole(detector, observed, feeds):
    stats = observed(detector, feeds(*IMAGE, count=2))
    made, _ = split(detector, stats, nodes=("a", "a0", "d"))
    assert [made.type(name).shape[1] for name in ("a", "c", "d")] == [4, 4, 12]


@pytest.mark.parametrize(
    ("rows", "outputs"),
    [
        ([(Add(), "a x", "s"), (Conv(), "s w1 b1", "y")], ["y"]),
        ([(Concat(1), "a x", "j"), (Conv(), "j w2 b1", "y")], ["y"]),
        ([(Conv(), "a w1 b1", "y")], ["y", "a"]),
        ([(Conv(), "a w1", "y")], ["y"]),
        ([(Conv(), "a w1 b1", "z"), (Conv(), "z w1 b1", "y")], ["y"]),
        ([(Conv(groups=3), "a w3 b3", "s"), (Conv(), "s w2 b1", "y")], ["y"]),
    ],
    ids=["added", "joined", "an output", "no bias", "shared weights", "two filters per channel"],
)
def test_a_value_whose_readers_take_no_mean_is_not_split(make_graph, normal, observed, feeds, rows, outputs):
    constants = {"w0": normal(3, 3, 1, 1), "b0": normal(3), "w1": normal(3, 3, 1, 1), "b1": normal(3)}
    constants |= {"w2": normal(3, 6, 1, 1), "w3": normal(6, 1, 1, 1), "b3": normal(6)}
    graph = make_graph({"x": IMAGE}, [(Conv(), "x w0 b0", "a"), *rows], constants, outputs)
    made, _ = split(graph, observed(graph, feeds(*IMAGE, count=2)))
    assert made.type("a").shape[1] == 3


@pytest.mark.parametrize(
    ("rows", "outputs"),
    [
        ([(Conv(activation="relu"), "x w b", "a"), (Sigmoid(), "a", "y")], ["y"]),
        ([(Conv(), "x w b", "a"), (Sigmoid(), "a", "y")], ["y", "a"]),
        ([(Conv(), "x w b", "a"), (Sigmoid(), "a", "y"), (LeakyRelu(), "a", "z")], ["y", "z"]),
        ([(Sigmoid(), "x", "y")], ["y"]),
    ],
    ids=["after a ReLU", "an output", "read by others", "of the input"],
)
def test_a_sigmoid_of_anything_else_is_left_alone(make_graph, normal, observed, feeds, rows, outputs):
    graph = make_graph({"x": IMAGE}, rows, {"w": normal(3, 3, 1, 1), "b": normal(3)}, outputs)
    made, _ = split(graph, observed(graph, feeds(*IMAGE, count=2)), copies=1)
    assert [node.op for node in made.nodes] == [node.op for node in graph.nodes]


def test_more_than_eight_copies_are_refused():
    with pytest.raises(InputError, match="copies"):
        choose("channel_splitting", {"copies": 9}, ranges=False)


def test_what_a_leaky_relu_follows_is_split_only_where_it_is_narrow(detector, observed, feeds):
    made, _ = split(detector, observed(detector, feeds(*IMAGE, count=2)), max_leaky=3)
    assert [made.type(name).shape[1] for name in ("a", "c", "d")] == [4, 4, 12]
