from __future__ import annotations

import numpy as np
import pytest

from edgeface.backends.tflite.scheme import TFLITE_INT8
from edgeface.graph.ops.activations import LeakyRelu
from edgeface.graph.ops.conv import Conv
from edgeface.quantize.algorithms.channel_splitting import Splitting, split_channels
from edgeface.quantize.algorithms.copy_staggering import Staggering, equal_channels, stagger
from edgeface.quantize.build_plan import build_plan
from edgeface.quantize.plan import in_float32
from edgeface.quantize.ranges import RangeRule

IMAGE = (1, 3, 16, 16)


@pytest.fixture
def plain(make_graph, normal):
    rows = [(Conv(activation="relu"), "x w0 b0", "a"), (Conv(), "a w1 b1", "y")]
    constants = {"w0": normal(4, 3, 1, 1), "b0": normal(4), "w1": normal(5, 4, 1, 1, seed=1), "b1": normal(5)}
    return make_graph({"x": IMAGE}, rows, constants)


@pytest.fixture
def staggered(plain, observed, feeds):
    """The plain network with copies, the same with staggered ones, and the plan: `staggered(copies, **options)`."""

    def make(copies, **options):
        stats = observed(plain, feeds(*IMAGE))
        split, told = split_channels(plain, stats, (), Splitting(nodes=("*",), copies=copies))
        plan = build_plan(split, told, TFLITE_INT8, RangeRule("minmax"), **options)
        return split, stagger(split, plan, told, Staggering()), plan

    return make


@pytest.mark.parametrize("copies", [2, 3, 4])
def test_copies_are_rounded_at_evenly_spaced_points_around_the_old_one(staggered, copies):
    before, after, plan = staggered(copies)
    moves = (after.constants["b0"] - before.constants["b0"]) / plan.params["a"].scale[0]
    expected = (np.arange(copies) + 0.5) / copies - 0.5
    np.testing.assert_allclose(moves.reshape(copies, 4), np.repeat(expected[:, None], 4, axis=1), atol=1e-4)
    np.testing.assert_array_equal(after.constants["b1"], before.constants["b1"])


@pytest.mark.parametrize("copies", [2, 4])
def test_the_mean_of_rounded_copies_has_so_many_times_the_steps(plain, staggered, evaluate, feeds, copies):
    _, after, plan = staggered(copies)
    grid = plan.params["a"]
    for feed in feeds(*IMAGE, count=2):
        exact, copied = evaluate(plain, feed, "a")["a"], evaluate(after, feed, "a")["a"]
        alone = grid.dequantize(grid.quantize(exact)) - exact
        mean = grid.dequantize(grid.quantize(copied)).reshape(copies, 4, 16, 16).mean(axis=0) - exact
        assert np.abs(mean).max() <= np.abs(alone).max() / copies * 1.05
        assert (np.abs(mean)[exact == 0] < 1e-6).all()


def test_a_value_in_float_keeps_its_biases(staggered):
    before, after, _ = staggered(2, stated=in_float32({"a": "a test"}))
    np.testing.assert_array_equal(after.constants["b0"], before.constants["b0"])


def test_a_network_without_equal_channels_stays_as_it_is(plain, observed, feeds):
    stats = observed(plain, feeds(*IMAGE, count=2))
    plan = build_plan(plain, stats, TFLITE_INT8, RangeRule("minmax"))
    assert stagger(plain, plan, stats, Staggering()).constants.keys() == plain.constants.keys()
    assert equal_channels(plain) == {}


def test_depthwise_channels_are_equal_only_where_they_read_equal_ones(make_graph, normal):
    """Channels 0 and 1 are copies; all four have the same filter."""
    weight, filters = normal(4, 3, 1, 1)[[0, 0, 2, 3]], normal(1, 1, 3, 3)[[0, 0, 0, 0]]
    rows = [(Conv(), "x w b", "a"), (LeakyRelu(), "a", "l"), (Conv(groups=4), "l v c", "d"), (Conv(), "d u e", "y")]
    constants = {"w": weight, "b": np.zeros(4, np.float32), "v": filters, "c": np.ones(4, np.float32)}
    graph = make_graph({"x": IMAGE}, rows, {**constants, "u": normal(4, 4, 1, 1), "e": normal(4)})
    found = {name: kinds.tolist() for name, kinds in equal_channels(graph).items()}
    assert found == {name: [0, 0, 1, 2] for name in ("a", "l", "d")}
