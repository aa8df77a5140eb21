from __future__ import annotations

import numpy as np
import pytest

from edgeface.graph.ops.activations import Clip, LeakyRelu, PRelu, Relu, Sigmoid
from edgeface.graph.ops.arithmetic import Add, Concat
from edgeface.graph.ops.conv import Conv
from edgeface.graph.ops.spatial import Resize
from edgeface.passes.decompose_prelu import decompose_prelu
from edgeface.quantize.algorithms.cross_layer_equalization import Equalization, equalize

IMAGE = (1, 3, 9, 7)
SAME = (1, 1, 1, 1)


def changed(before, after):
    return {name for name, data in before.constants.items() if not np.array_equal(data, after.constants[name])}


def same_results(before, after, images, evaluate):
    for feed in images:
        expected, found = evaluate(before, feed), evaluate(after, feed)
        for name, data in expected.items():
            assert np.abs(found[name] - data).max() <= 1e-5 * np.abs(data).max()


def uneven(normal, *shape, seed=0):
    """Weights whose output channels differ by up to 64 times."""
    octaves = np.random.default_rng(seed).integers(-6, 1, shape[0])
    return normal(*shape, seed=seed) * np.exp2(octaves).astype(np.float32).reshape(-1, *[1] * (len(shape) - 1))


def stream(make_graph, normal):
    """The stream of a residual network: two blocks that add to it, and a depthwise and a dense reader."""
    rows = [
        (Conv(pads=SAME), "x w0 b0", "s0"),
        (Conv(activation="relu"), "s0 w1", "h1"),
        (Conv(), "h1 w2 b2", "r1"),
        (Add(), "s0 r1", "s1"),
        (Conv(groups=6, pads=SAME), "s1 w3", "d"),
        (Conv(), "d w4", "r2"),
        (Add(), "s1 r2", "s2"),
        (Conv(), "s2 w5 b5", "y"),
    ]
    constants = {"w0": uneven(normal, 6, 3, 3, 3), "b0": normal(6), "w1": uneven(normal, 8, 6, 1, 1, seed=1)}
    constants |= {"w2": normal(6, 8, 1, 1, seed=2), "b2": normal(6, seed=2), "w3": normal(6, 1, 3, 3)}
    constants |= {"w4": normal(6, 6, 1, 1, seed=3), "w5": normal(4, 6, 1, 1, seed=4), "b5": normal(4)}
    return make_graph({"x": IMAGE}, rows, constants)


def pyramid(make_graph, normal):
    """Two levels of a feature pyramid: the upper one is resized and added, and both are read."""
    rows = [
        (Conv(), "x w0 b0", "p"),
        (LeakyRelu(alpha=0.1), "p", "low"),
        (Conv(strides=(2, 2), activation="relu"), "x w1", "high"),
        (Resize((9, 7)), "high", "up"),
        (Add(), "low up", "sum"),
        (Conv(pads=SAME), "sum w2", "y"),
        (Conv(), "high w3", "z"),
    ]
    constants = {"w0": uneven(normal, 6, 3, 1, 1), "b0": normal(6), "w1": uneven(normal, 6, 3, 1, 1, seed=1)}
    constants |= {"w2": normal(4, 6, 3, 3), "w3": normal(4, 6, 1, 1)}
    return make_graph({"x": IMAGE}, rows, constants, ["y", "z"])


def joined(make_graph, normal):
    """Two convolutions with very unequal ranges, joined along channels, and read in groups."""
    rows = [
        (Conv(), "x w0 b0", "p"),
        (Conv(activation="relu"), "x w1", "q"),
        (Concat(1), "p q", "j"),
        (LeakyRelu(alpha=0.3), "j", "m"),
        (Conv(groups=2), "m w2 b2", "y"),
    ]
    constants = {"w0": normal(2, 3, 1, 1), "b0": normal(2), "w1": normal(4, 3, 1, 1, scale=0.02)}
    return make_graph({"x": IMAGE}, rows, constants | {"w2": normal(4, 3, 3, 3), "b2": normal(4)})


def prelu(make_graph, normal):
    """A PReLU in the form that integer targets compute, with negative slopes too."""
    slope = np.array([0.2, -0.3, 1.5, 0.6], np.float32).reshape(4, 1, 1)
    rows = [(Conv(), "x w0 b0", "a"), (PRelu(), "a s", "p"), (Conv(groups=4, pads=SAME), "p w1 b1", "y")]
    constants = {"w0": normal(4, 3, 1, 1), "b0": normal(4), "s": slope, "w1": normal(4, 1, 3, 3), "b1": normal(4)}
    constants["w0"][2] *= 30
    return decompose_prelu(make_graph({"x": IMAGE}, rows, constants))


NETWORKS = {
    stream: {"w0", "b0", "w1", "w2", "b2", "w3", "w4", "w5"},
    pyramid: {"w0", "b0", "w1", "w2", "w3"},
    joined: {"w0", "b0", "w1", "w2"},
    prelu: {"w0", "b0", "w1"},
}


@pytest.mark.parametrize("network", NETWORKS, ids=lambda made: made.__name__)
def test_the_network_computes_the_same_with_other_weights(network, make_graph, normal, observed, feeds, evaluate):
    graph, images = network(make_graph, normal), feeds(*IMAGE)
    stats = observed(graph, images)
    equal, told = equalize(graph, stats, (), Equalization())
    assert changed(graph, equal) == NETWORKS[network]
    same_results(graph, equal, images, evaluate)
    for name, seen in observed(equal, images).values.items():
        np.testing.assert_allclose(told.values[name].low, seen.low, rtol=1e-4, atol=1e-4)
        np.testing.assert_allclose(told.values[name].high, seen.high, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("network", [stream, joined], ids=lambda made: made.__name__)
def test_the_returned_moments_are_those_of_the_new_graph(network, make_graph, normal, observed, feeds):
    graph, images = network(make_graph, normal), feeds(*IMAGE)
    equal, told = equalize(graph, observed(graph, images), (), Equalization())
    for name, moment in observed(equal, images).moments.items():
        np.testing.assert_allclose(told.moments[name], moment, rtol=1e-3, atol=1e-3 * np.abs(moment).max())


def test_channels_that_a_depthwise_convolution_reads_get_nearly_equal_ranges(separable, observed, feeds):
    images = feeds(*IMAGE)
    before = observed(separable, images)
    equal, _ = equalize(separable, before, (), Equalization(caution=0.0))
    smallest = [share_of_range(stats, "a").min() for stats in (before, observed(equal, images))]
    assert smallest[0] < 0.05
    assert smallest[1] > 0.3


def share_of_range(stats, name):
    reach = np.maximum(np.abs(stats.values[name].low), np.abs(stats.values[name].high))
    return reach / reach.max()


def test_channels_seldom_active_keep_some_distance_from_the_limit(separable, observed, feeds):
    images = feeds(*IMAGE)
    stats = observed(separable, images)
    spread = [
        np.ptp(np.log2(share_of_range(observed(equalize(separable, stats, (), how)[0], images), "a")))
        for how in (Equalization(caution=0.0), Equalization(caution=0.5))
    ]
    assert spread[1] > spread[0] + 0.3


def chain(make_graph, normal, *between, outputs=None, extra=(), first=None):
    rows = [(first or Conv(), "x w0 b0", "a"), *between, (Conv(), "m w1 b1", "y"), *extra]
    constants = {"w0": uneven(normal, 4, 3, 1, 1), "b0": normal(4), "w1": normal(4, 4, 1, 1), "b1": normal(4, seed=1)}
    constants |= {"k": np.ones((1, 4, 1, 1), np.float32)}
    return make_graph({"x": IMAGE}, rows, constants, outputs or ["y"])


@pytest.mark.parametrize(
    ("between", "extra", "outputs"),
    [
        pytest.param(
            [(LeakyRelu(), "a", "m")], [(Sigmoid(), "m", "z")], ["y", "z"], id="a sigmoid reads the value too"
        ),
        pytest.param([(LeakyRelu(), "a", "m")], [], ["y", "m"], id="the value is an output"),
        pytest.param([(LeakyRelu(), "a", "m")], [(Add(), "a x1", "z")], ["y", "z"], id="it is added to an image"),
        pytest.param([(Sigmoid(), "a", "m")], [], None, id="a sigmoid does not scale"),
        pytest.param([(Clip(0.0, 6.0), "a", "m")], [], None, id="nor does a clip"),
        pytest.param([(Add(), "a k", "m")], [], None, id="nor does the addition of a constant"),
        pytest.param([(LeakyRelu(), "a", "m")], [(Conv(), "m w1", "z")], ["y", "z"], id="the weights are shared"),
    ],
)
def test_channels_that_cannot_be_scaled_exactly_are_left_alone(make_graph, normal, observed, between, extra, outputs):
    rows = [(Conv(), "x w0 b0", "a"), *between, (Conv(), "m w1 b1", "y"), *extra]
    constants = {"w0": uneven(normal, 4, 3, 1, 1), "b0": normal(4), "w1": normal(4, 4, 1, 1), "b1": normal(4)}
    constants |= {"k": np.ones((1, 4, 1, 1), np.float32)}
    graph = make_graph({"x": IMAGE, "x1": (1, 4, 9, 7)}, rows, constants, outputs)
    images = [{"x": normal(*IMAGE, seed=n), "x1": normal(1, 4, 9, 7, seed=n)} for n in range(3)]
    if "x1" not in graph.consumers or not graph.consumers["x1"]:
        graph = make_graph({"x": IMAGE}, rows, constants, outputs)
        images = [{"x": feed["x"]} for feed in images]
    equal, _ = equalize(graph, observed(graph, images), (), Equalization())
    assert changed(graph, equal) == set()


@pytest.mark.parametrize(("gain", "scaled"), [(0.05, True), (100.0, False)])
def test_a_relu6_limits_the_scale_of_channels_that_stay_below_it(
    make_graph, normal, observed, feeds, evaluate, gain, scaled
):
    rows = [(Conv(activation="relu6"), "x w0", "m"), (Conv(groups=4), "m w1", "y")]
    constants = {"w0": uneven(normal, 4, 3, 1, 1) * np.float32(gain), "w1": normal(4, 1, 3, 3)}
    graph, images = make_graph({"x": IMAGE}, rows, constants), feeds(*IMAGE)
    stats = observed(graph, images)
    equal, told = equalize(graph, stats, (), Equalization(margin=0.25))
    full = stats.values["m"].high * 1.25 >= 6
    assert full.any() == (not scaled)
    ratio = np.abs(equal.constants["w0"]).sum(axis=(1, 2, 3)) / np.abs(graph.constants["w0"]).sum(axis=(1, 2, 3))
    np.testing.assert_allclose(ratio[full], 1)
    assert told.values["m"].high[~full].max(initial=0) <= 6 / 1.25 * 2 ** (1 / 32) + 1e-6
    same_results(graph, equal, images, evaluate)


def test_dead_channels_are_left_alone(make_graph, normal, observed, feeds, evaluate):
    graph = chain(make_graph, normal, (LeakyRelu(), "a", "m"))
    dead = graph.rebuild(constants={"w0": graph.constants["w0"] * 0, "b0": graph.constants["b0"] * 0})
    equal, _ = equalize(dead, observed(dead, feeds(*IMAGE)), (), Equalization())
    assert changed(dead, equal) == set()


def test_what_is_computed_in_float_loses_nothing_and_is_left_alone(make_graph, normal, observed, feeds):
    graph = chain(make_graph, normal, (Relu(), "a", "m"))
    equal, _ = equalize(graph, observed(graph, feeds(*IMAGE)), {"a", "m", "y"}, Equalization())
    assert changed(graph, equal) == set()


def test_a_channel_that_is_large_only_before_its_activation_is_not_enlarged(make_graph, normal, observed, feeds):
    """A small negative slope hides a channel's lower end, which has to be stored all the same."""
    rows = [(Conv(), "x w0 b0", "a"), (PRelu(), "a s", "p"), (Conv(groups=4, pads=SAME), "p w1 b1", "y")]
    low, even = np.array([-50, 0, 0, 0], np.float32), np.full((4, 1, 1), 0.01, np.float32)
    constants = {"w0": normal(4, 3, 1, 1), "b0": low, "s": even, "w1": normal(4, 1, 3, 3), "b1": normal(4)}
    graph = make_graph({"x": IMAGE}, rows, constants)
    images = feeds(*IMAGE)
    equal, _ = equalize(graph, observed(graph, images), (), Equalization())
    reach = np.abs(observed(equal, images).values["a"].low)
    assert reach[0] <= 1.6 * reach.max()
    assert np.sort(reach)[-2] > 3
