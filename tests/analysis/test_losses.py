"""Losses by layer and by range, on a small network, by value."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from edgeface.analysis.alone import errors_alone, only_layer
from edgeface.analysis.ranges import imbalance, range_uses
from edgeface.backends import target
from edgeface.backends.onnx.runner import OrtRunner
from edgeface.graph.onnx_writer import write_onnx
from edgeface.graph.ops.activations import LeakyRelu, Relu
from edgeface.graph.ops.conv import Conv
from edgeface.quantize.algorithms import choose
from edgeface.quantize.plan import QuantPlan
from edgeface.quantize.quantize import Quantized, QuantizeOptions, quantize
from edgeface.validate.tensors import compare_tensors

NAMES = ("x", "stem", "act", "deep", "act2", "out")
LOUD = 16.0


@pytest.fixture(scope="module")
def network(make_graph, normal):
    """Convolution, ReLU, depthwise convolution, LeakyReLU, convolution; one channel of the first is loud."""
    constants = {"w0": normal(8, 3, 3, 3, seed=1), "b0": normal(8, seed=2)}
    constants |= {"w1": normal(8, 1, 3, 3, seed=3), "b1": normal(8, seed=4)}
    constants |= {"w2": normal(4, 8, 1, 1, seed=5), "b2": normal(4, seed=6)}
    constants["w0"][3] *= LOUD
    constants["b0"][3] *= LOUD
    constants["w1"][3] /= LOUD
    rows = [
        (Conv(pads=(1, 1, 1, 1)), "x w0 b0", "stem"),
        (Relu(), "stem", "act"),
        (Conv(pads=(1, 1, 1, 1), groups=8), "act w1 b1", "deep"),
        (LeakyRelu(0.1), "deep", "act2"),
        (Conv(), "act2 w2 b2", "out"),
    ]
    return make_graph({"x": (1, 3, 16, 16)}, rows, constants)


@pytest.fixture(scope="module")
def images(normal):
    return [{"x": normal(1, 3, 16, 16, seed=seed)} for seed in range(6)]


@pytest.fixture(scope="module")
def stats(network, images, observed):
    return observed(network, images)


@pytest.fixture(scope="module")
def quantized(network, stats):
    return made(network, stats, "cross_layer_equalization", "second_moment_rounding")


def made(network, stats, *algorithms) -> Quantized:
    chosen = tuple(choose(name, {}, ranges=False) for name in algorithms)
    return quantize(network, stats, target("tflite-int8").scheme, QuantizeOptions(algorithms=chosen))


def broken(quantized: Quantized, name: str, factor: float) -> Quantized:
    """The same with the range of one value so many times as wide."""
    params = quantized.plan.params[name]
    wrong = replace(params, scale=tuple(scale * factor for scale in params.scale))
    plan = QuantPlan({**quantized.plan.params, name: wrong}, quantized.plan.stated)
    return replace(quantized, plan=plan)


@pytest.mark.parametrize("name", ["x", "act", "act2", "out"])
@pytest.mark.parametrize("factor", [1 / 16, 16.0], ids=["narrow", "wide"])
def test_a_broken_range_is_named_first(quantized, stats, images, name, factor):
    wrong = broken(quantized, name, factor)
    alone = errors_alone(wrong, NAMES, images[:2])
    uses = range_uses(wrong, stats, NAMES, images)
    assert min(alone, key=lambda each: each.snr_db).name == name
    assert uses[0].name == name
    if factor < 1:
        assert uses[0].clipped > 0.3
    else:
        assert uses[0].clipped == 0
        assert uses[0].bits < 5 < uses[1].bits


def test_a_layer_alone_loses_less_than_all_together(quantized, images):
    exact = OrtRunner(write_onnx(quantized.exact)).run(images[0])["out"]
    everything = quantized
    for name in NAMES:  # every layer's weights and output, one within the other
        everything = replace(everything, exact=only_layer(everything, name)) if name != "x" else everything
    got = OrtRunner(write_onnx(everything.exact)).run(images[0])["out"]
    together = compare_tensors(exact, got).snr_db
    alone = errors_alone(quantized, NAMES, images[:1])
    assert [each.name for each in alone] == list(NAMES)
    assert all(each.snr_db > together for each in alone)
    noise = sum(10 ** (-each.snr_db / 10) for each in alone if each.name != "x")
    assert together == pytest.approx(-10 * np.log10(noise), abs=2.0)  # errors of different layers add in power


def test_the_parts_of_a_layer_add_up(quantized, images):
    for each in errors_alone(quantized, NAMES, images[:1]):
        if each.weights_db is not None:
            noise = 10 ** (-each.output_db / 10) + 10 ** (-each.weights_db / 10)
            assert each.snr_db == pytest.approx(-10 * np.log10(noise), abs=1.5)
        else:
            assert each.output_db == each.snr_db


def test_a_layer_without_quantized_values_leaves_the_network_as_it_is(quantized, images):
    exact, same = (OrtRunner(write_onnx(graph)).run(images[0])["out"] for graph in (quantized.exact, quantized.exact))
    weights_only = OrtRunner(write_onnx(only_layer(quantized, "act", "weights"))).run(images[0])["out"]
    assert (exact == same).all()
    assert (weights_only == exact).all()


def test_equalization_removes_a_loud_channel(network, quantized, stats, images):
    before = imbalance(stats.values["act"])
    reach = np.maximum(np.abs(stats.values["act"].low), np.abs(stats.values["act"].high))
    assert before == pytest.approx(reach.max() / np.median(reach))
    assert before > LOUD / 2
    use = {each.name: each for each in range_uses(quantized, stats, NAMES, images)}["act"]
    assert use.imbalance == pytest.approx(before)
    assert 1 <= use.left < 1.5 < before  # a depthwise reader lets every channel have nearly the full range
    plain = {each.name: each for each in range_uses(made(network, stats), stats, NAMES, images)}["act"]
    assert plain.left == pytest.approx(before)


def test_what_a_leaky_relu_shrinks_is_cut_on_purpose(quantized, stats, images):
    uses = {each.name: each for each in range_uses(quantized, stats, NAMES, images)}
    assert "LeakyReLU" in uses["deep"].cut
    assert uses["act"].cut == ""
    assert uses["deep"].clipped < 1e-3


def test_images_unlike_those_that_calibrated_reach_beyond(quantized, stats, images):
    louder = [{"x": 3 * image["x"]} for image in images]
    (act,) = (each for each in range_uses(quantized, stats, NAMES, louder) if each.name == "act")
    assert act.exceeds == pytest.approx(3.0, rel=0.2)
    assert act.clipped > 0.01
