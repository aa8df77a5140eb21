from __future__ import annotations

import numpy as np
import pytest

from edgeface.graph.ops.activations import Clip, LeakyRelu, PRelu, Sigmoid
from edgeface.graph.ops.arithmetic import Add, Concat
from edgeface.graph.ops.conv import Conv
from edgeface.passes.decompose_prelu import decompose_prelu
from edgeface.quantize.algorithms.cross_layer_equalization import Equalization, equalize, find_links

IMAGE = (1, 3, 9, 7)


def test_the_network_computes_the_same(separable, observed, feeds, evaluate):
    images = feeds(*IMAGE)
    equal, _ = equalize(separable, observed(separable, images), (), Equalization())
    assert any(not np.array_equal(equal.constants[n], separable.constants[n]) for n in ("w0", "w1", "w2"))
    for feed in images:
        expected, found = evaluate(separable, feed)["y"], evaluate(equal, feed)["y"]
        assert np.abs(found - expected).max() <= 1e-5 * np.abs(expected).max()


def test_channels_that_a_depthwise_convolution_reads_get_equal_ranges(separable, observed, feeds):
    images = feeds(*IMAGE)
    before = observed(separable, images)
    equal, _ = equalize(separable, before, (), Equalization())
    shares = {stage: shares_of(stats) for stage, stats in (("before", before), ("after", observed(equal, images)))}
    assert shares["before"].min() < 0.05
    assert shares["after"].min() > 2 ** (-1 / 16) - 1e-3


def shares_of(stats):
    """Each channel's largest share of the range of the convolution's output and of its activation."""
    reach = {name: np.maximum(np.abs(stats.values[name].low), np.abs(stats.values[name].high)) for name in ("a0", "a")}
    return np.maximum(*(found / found.max() for found in reach.values()))


def test_a_dense_reader_takes_half_of_the_ratio(separable, observed, feeds):
    images = feeds(*IMAGE)
    before = observed(separable, images)
    equal, _ = equalize(separable, before, (), Equalization())
    after = observed(equal, images)

    def octaves(stats):
        return np.ptp(np.log2(np.maximum(np.abs(stats.values["c"].low), np.abs(stats.values["c"].high))))

    assert octaves(after) == pytest.approx(octaves(before) / 2, abs=0.13)


def test_the_returned_statistics_are_those_of_the_new_graph(separable, observed, feeds):
    images = feeds(*IMAGE)
    equal, told = equalize(separable, observed(separable, images), (), Equalization())
    seen = observed(equal, images)
    for name, stats in seen.values.items():
        np.testing.assert_allclose(told.values[name].low, stats.low, rtol=1e-4, atol=1e-4)
        np.testing.assert_allclose(told.values[name].high, stats.high, rtol=1e-4, atol=1e-4)
    for name, moment in seen.moments.items():
        np.testing.assert_allclose(told.moments[name], moment, rtol=1e-3, atol=1e-3 * np.abs(moment).max())


def chain(make_graph, normal, *between, outputs=None, reader=None, extra=()):
    rows = [(Conv(), "x w0 b0", "a"), *between, (reader or Conv(), "m w1 b1", "y"), *extra]
    constants = {"w0": normal(4, 3, 1, 1), "b0": normal(4), "w1": normal(4, 4, 1, 1), "b1": normal(4, seed=1)}
    return make_graph({"x": IMAGE}, rows, constants, outputs or ["y"])


def test_a_link_is_found_between_two_convolutions(make_graph, normal):
    graph = chain(make_graph, normal, (LeakyRelu(), "a", "m"))
    assert [link.values for link in find_links(graph)] == [(("a", 0), ("m", 0))]


def joined(make_graph, normal, reader, read):
    """Two convolutions with very unequal ranges, joined along channels."""
    rows = [
        (Conv(), "x w0 b0", "p"),
        (Conv(activation="relu"), "x w1", "q"),
        (Concat(1), "p q", "j"),
        (LeakyRelu(alpha=0.3), "j", "m"),
        (reader, f"m {read} b2", "y"),
    ]
    constants = {"w0": normal(2, 3, 1, 1), "b0": normal(2), "w1": normal(3, 3, 1, 1, scale=0.02)}
    constants |= {"dense": normal(5, 5, 3, 3), "deep": normal(5, 1, 3, 3), "b2": normal(5)}
    return make_graph({"x": IMAGE}, rows, constants)


@pytest.mark.parametrize(("reader", "read"), [(Conv(), "dense"), (Conv(groups=5), "deep")])
def test_convolutions_that_are_joined_are_brought_to_one_range(
    make_graph, normal, observed, feeds, evaluate, reader, read
):
    graph, images = joined(make_graph, normal, reader, read), feeds(*IMAGE)
    equal, told = equalize(graph, observed(graph, images), (), Equalization())
    seen = observed(equal, images)
    assert not np.array_equal(equal.constants["w1"], graph.constants["w1"])
    for feed in images:
        expected = evaluate(graph, feed)["y"]
        assert np.abs(evaluate(equal, feed)["y"] - expected).max() <= 1e-5 * np.abs(expected).max()
    for name in ("p", "q", "j", "m", "y"):
        np.testing.assert_allclose(told.values[name].high, seen.values[name].high, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("between", "extra", "outputs"),
    [
        pytest.param([(LeakyRelu(), "a", "m")], [(Add(), "m m", "z")], ["y", "z"], id="an Add reads the value"),
        pytest.param([(LeakyRelu(), "a", "m")], [], ["y", "m"], id="the value is an output"),
        pytest.param([(LeakyRelu(), "a", "m")], [(LeakyRelu(), "a", "z")], ["y", "z"], id="two read the convolution"),
        pytest.param([(Sigmoid(), "a", "m")], [], None, id="a sigmoid does not scale"),
        pytest.param([(Clip(0.0, 6.0), "a", "m")], [], None, id="nor does a clip"),
        pytest.param([(LeakyRelu(), "a", "m")], [(Conv(), "x w1", "z")], ["y", "z"], id="the weights are shared"),
    ],
)
def test_channels_that_cannot_be_scaled_exactly_are_left_alone(make_graph, normal, between, extra, outputs):
    rows = [(Conv(), "x w0 b0", "a"), *between, (Conv(), "m w1 b1", "y"), *extra]
    constants = {"w0": normal(3, 3, 1, 1), "b0": normal(3), "w1": normal(4, 3, 1, 1), "b1": normal(4)}
    assert find_links(make_graph({"x": IMAGE}, rows, constants, outputs)) == []


def test_a_fused_relu6_is_left_alone(make_graph, normal):
    rows = [(Conv(activation="relu6"), "x w0", "m"), (Conv(), "m w1", "y")]
    graph = make_graph({"x": IMAGE}, rows, {"w0": normal(3, 3, 1, 1), "w1": normal(4, 3, 1, 1)})
    assert find_links(graph) == []


def test_dead_channels_are_left_alone(make_graph, normal, observed, feeds, evaluate):
    graph = chain(make_graph, normal, (LeakyRelu(), "a", "m"))
    dead = graph.rebuild(constants={"w0": graph.constants["w0"] * 0, "b0": graph.constants["b0"] * 0})
    equal, _ = equalize(dead, observed(dead, feeds(*IMAGE)), (), Equalization())
    assert all(np.isfinite(data).all() for data in equal.constants.values())
    feed = feeds(*IMAGE)[0]
    np.testing.assert_array_equal(evaluate(equal, feed)["y"], evaluate(dead, feed)["y"])


def test_a_channel_that_is_large_only_before_its_activation_is_not_enlarged(make_graph, normal, observed, feeds):
    """A small negative slope hides a channel's lower end, which has to be stored all the same."""
    rows = [
        (Conv(), "x w0 b0", "a"),
        (PRelu(), "a s", "p"),
        (Conv(groups=4, pads=(1, 1, 1, 1)), "p w1 b1", "y"),
    ]
    low, even = np.array([-50, 0, 0, 0], np.float32), np.full((4, 1, 1), 0.01, np.float32)
    constants = {"w0": normal(4, 3, 1, 1), "b0": low, "s": even, "w1": normal(4, 1, 3, 3), "b1": normal(4)}
    graph = make_graph({"x": IMAGE}, rows, constants)
    images = feeds(*IMAGE)
    stats = observed(graph, images)
    equal, _ = equalize(graph, stats, (), Equalization())
    after = observed(equal, images).values["a"]
    np.testing.assert_allclose(after.low[0], stats.values["a"].low[0], rtol=1e-5)


def test_scales_pass_through_a_decomposed_prelu(make_graph, normal, observed, feeds):
    slope = np.array([0.2, -0.3, 1.5, 0.6], np.float32).reshape(4, 1, 1)
    rows = [
        (Conv(), "x w0 b0", "a"),
        (PRelu(), "a s", "p"),
        (Conv(groups=4, pads=(1, 1, 1, 1)), "p w1 b1", "y"),
    ]
    constants = {"w0": normal(4, 3, 1, 1), "b0": normal(4), "s": slope, "w1": normal(4, 1, 3, 3), "b1": normal(4)}
    constants["w0"][2] *= 30
    graph = decompose_prelu(make_graph({"x": IMAGE}, rows, constants))
    [link] = find_links(graph)
    assert [name for name, _ in link.values][-1] == "p"
    images = feeds(*IMAGE)
    stats = observed(graph, images)
    reach = [
        np.maximum(np.abs(found.values["a"].low), np.abs(found.values["a"].high))
        for found in (stats, observed(equalize(graph, stats, (), Equalization())[0], images))
    ]
    assert reach[1].max() / reach[1].min() < reach[0].max() / reach[0].min() / 3
