"""LeakyReLU as two ReLUs: the same in float, one rounding in integers, and nothing where it does not fit."""

from __future__ import annotations

import numpy as np
import pytest

from edgeface.backends.tflite.scheme import TFLITE_INT8
from edgeface.graph.ops.activations import LeakyRelu
from edgeface.graph.ops.arithmetic import Add
from edgeface.graph.ops.conv import Conv
from edgeface.quantize.plan import in_float32
from edgeface.quantize.quantize import QuantizeOptions, quantize
from edgeface.quantize.ranges import RangeRule
from edgeface.quantize.rectify import rectify
from edgeface.quantize.settings import QuantizeSettings

SAME = (1, 1, 1, 1)
IMAGE = (1, 4, 9, 7)


@pytest.fixture
def quantized(observed, feeds):
    def make(graph, **options):
        stats = observed(graph, feeds(*IMAGE))
        chosen = QuantizeSettings(algorithms=("second_moment_rounding",)).chosen
        return quantize(graph, stats, TFLITE_INT8, QuantizeOptions(RangeRule("minmax"), chosen, **options))

    return make


@pytest.fixture
def network(make_graph, normal):
    """Depthwise → activation → dense: `network(rows after the depthwise, its op, outputs)`."""
    constants = {"w": normal(4, 1, 3, 3), "b": normal(4) - 2, "v": normal(5, 4, 1, 1), "c": normal(5)}
    constants |= {"w1": normal(4, 4, 3, 3), "w2": normal(8, 1, 3, 3), "b2": normal(8), "v2": normal(5, 8, 1, 1)}

    def make(*rows, op=None, read="x w b", outputs=("y",)):
        first = (op or Conv(groups=4, pads=SAME), read, "a")
        return make_graph({"x": IMAGE}, [first, *rows], constants, list(outputs))

    return make


LEAKY = (LeakyRelu(alpha=0.1), "a", "l")
DENSE = (Conv(), "l v c", "y")


def test_the_network_computes_the_same(network, quantized, evaluate, feeds):
    made = quantized(network(LEAKY, DENSE))
    rewritten = rectify(made, ["*"])
    assert not any(isinstance(node.op, LeakyRelu) for node in rewritten.graph.nodes)
    for feed in feeds(*IMAGE, count=3):
        for old, new in ((made.exact, rewritten.exact), (made.graph, rewritten.graph)):
            expected = evaluate(old, feed)["y"]
            assert np.abs(evaluate(new, feed)["y"] - expected).max() <= 1e-5 * np.abs(expected).max()


def test_weights_stay_on_their_grids(network, quantized):
    rewritten = rectify(quantized(network(LEAKY, DENSE)), ["*"])
    for name in ("w", "w/below", "v"):
        data, params = rewritten.graph.constants[name], rewritten.plan.params[name]
        np.testing.assert_allclose(params.dequantize(params.quantize(data)), data, rtol=1e-5, atol=1e-7)


def test_both_terms_share_a_scale_finer_than_the_old_ones(network, quantized):
    made = quantized(network(LEAKY, DENSE))
    params = rectify(made, ["*"]).plan.params
    assert params["l"] == params["l/above"] == params["l/below"]
    assert params["l"].range[0] == 0
    assert params["l"].scale[0] < made.plan.params["l"].scale[0] < made.plan.params["a"].scale[0]
    assert params["l"].range[1] == pytest.approx(max(np.abs(made.plan.params["l"].range)), rel=1e-5)
    assert "a" not in params


@pytest.mark.parametrize(
    ("rows", "options"),
    [
        ((LEAKY, (Conv(), "l v c", "y")), {"op": Conv(pads=SAME), "read": "x w1 b"}),
        ((LEAKY, (Conv(), "l v2 c", "y")), {"op": Conv(groups=4, pads=SAME), "read": "x w2 b2"}),
        ((LEAKY, (Add(), "l x", "y")), {}),
        ((LEAKY, DENSE), {"outputs": ("y", "l")}),
        ((LEAKY, DENSE), {"outputs": ("y", "a")}),
        ((LEAKY, (Add(), "l a", "s"), (Conv(), "s v c", "y")), {}),
        (((LeakyRelu(alpha=1.5), "a", "l"), DENSE), {}),
        (((LeakyRelu(alpha=-0.5), "a", "l"), DENSE), {}),
    ],
    ids=["dense before", "two filters", "added", "an output", "input is an output", "input has readers", "steep", "V"],
)
def test_what_does_not_fit_is_left_alone(network, quantized, rows, options):
    made = quantized(network(*rows, **options))
    assert rectify(made, ["*"]) == made


def test_values_in_float_and_other_names_are_left_alone(network, quantized):
    graph = network(LEAKY, DENSE)
    assert rectify(made := quantized(graph), ["other*"]) == made
    for name in ("a", "l", "y"):
        made = quantized(graph, stated=in_float32({name: "a test"}))
        assert rectify(made, ["*"]) == made
