from __future__ import annotations

import numpy as np
import pytest

from edgeface.graph.ops.activations import LeakyRelu, Relu, Sigmoid
from edgeface.graph.ops.arithmetic import Add, Concat, Mul
from edgeface.graph.ops.conv import Conv
from edgeface.graph.ops.shape import Pad
from edgeface.graph.ops.spatial import AveragePool, GlobalAveragePool
from edgeface.quantize.noise_gain import noise_gains

IMAGE = (1, 2, 16, 16)


def images(normal, count=4):
    return [{"x": normal(*IMAGE, seed=n)} for n in range(count)]


@pytest.mark.parametrize(
    ("between", "expected"),
    [
        pytest.param([(Relu(), "a", "m")], 0.5, id="a ReLU passes half of it"),
        pytest.param([(LeakyRelu(alpha=0.5), "a", "m")], 0.625, id="a LeakyReLU more"),
        pytest.param([(AveragePool((2, 2), (2, 2)), "a", "m")], 0.25, id="a mean of four a quarter"),
        pytest.param([(Sigmoid(), "x", "u"), (Add(), "a u", "m")], 1.0, id="a sum all"),
        pytest.param([(Pad((0, 0, 1, 0, 0, 0, 0, 2)), "a", "m")], 1.0, id="a border all"),
    ],
)
def test_noise_passes_by_the_mean_squared_slope(make_graph, normal, observed, between, expected):
    eye = np.eye(2, dtype=np.float32).reshape(2, 2, 1, 1)
    graph = make_graph({"x": IMAGE}, [(Conv(), "x w", "a"), *between, (Conv(), "m v", "y")], {"w": eye, "v": 3 * eye})
    gains = noise_gains(graph, observed(graph, images(normal)))
    np.testing.assert_allclose(gains["a"], 9 * expected * gains["y"], rtol=0.05)


def test_the_gain_at_an_output_is_relative_to_its_variance(make_graph, normal, observed):
    rows = [(Conv(), "x w", "a"), (Concat(1), "a x", "y")]
    graph = make_graph({"x": IMAGE}, rows, {"w": 4 * np.eye(2, dtype=np.float32).reshape(2, 2, 1, 1)}, ["a", "y"])
    gains = noise_gains(graph, observed(graph, images(normal)))
    np.testing.assert_allclose(gains["y"], 1 / 8.5, rtol=0.05)
    np.testing.assert_allclose(gains["a"], 1 / 16 + 1 / 8.5, rtol=0.05)


def test_the_prediction_is_the_measured_error(make_graph, normal, observed, evaluate):
    weights = {"w": normal(4, 2, 3, 3), "v": normal(3, 4, 3, 3, seed=1), "n": normal(4)}
    rows = [(Conv(), "x w", "a"), (Add(), "a e", "b"), (Conv(activation="relu"), "b v", "y")]
    graph = make_graph({"x": IMAGE, "e": (1, 4, 14, 14)}, rows, weights)
    quiet = np.zeros((1, 4, 14, 14), np.float32)
    feeds = [{**feed, "e": quiet} for feed in images(normal)]
    gains = noise_gains(graph, observed(graph, feeds))
    errors, channel = [], 2
    for index, feed in enumerate(feeds):
        noise = quiet.copy()
        noise[0, channel] = 0.01 * normal(14, 14, seed=index)
        errors.append(
            np.square(evaluate(graph, {**feed, "e": noise})["y"] - evaluate(graph, feed)["y"]).mean(axis=(2, 3)).sum()
        )
    variance = 1 / gains["y"][0]
    assert np.mean(errors) / variance == pytest.approx(gains["b"][channel] * 1e-4, rel=0.25)


def test_channels_of_zeros_take_no_noise(make_graph, normal, observed):
    rows = [(Conv(), "x w", "a"), (Pad((0, 1, 0, 0, 0, 2, 0, 0)), "a", "m"), (Conv(), "m v", "y")]
    graph = make_graph({"x": IMAGE}, rows, {"w": normal(2, 2, 1, 1), "v": normal(3, 5, 1, 1)})
    gains = noise_gains(graph, observed(graph, images(normal)))
    np.testing.assert_allclose(gains["a"], gains["m"][1:3])


@pytest.mark.parametrize("read", ["a g", "g a", "a p", "p a"])
def test_products_of_computed_values_are_followed_as_far_as_their_channels_go(make_graph, normal, observed, read):
    weights = {"w": normal(4, 2, 1, 1), "u": normal(1, 2, 1, 1)}
    rows = [(Conv(), "x w", "a"), (GlobalAveragePool(), "a", "m"), (Sigmoid(), "m", "g")]
    rows += [(Conv(), "x u", "b"), (Sigmoid(), "b", "p"), (Mul(), read, "y")]
    graph = make_graph({"x": IMAGE}, rows, weights, ["y", "p", "g"])
    gains = noise_gains(graph, observed(graph, images(normal)))
    assert all(np.isfinite(gain).all() and (gain > 0).all() for gain in gains.values())
