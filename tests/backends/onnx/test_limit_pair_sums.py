"""No two paired weights may saturate the 16-bit sums of x86 cores without VNNI."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from edgeface.backends.onnx.limit_pair_sums import PAIR_LIMIT, is_depthwise, limit_pair_sums, pair_reach, spread_pairs
from edgeface.backends.onnx.scheme import ORT_U8S8
from edgeface.backends.tflite.scheme import TFLITE_INT8
from edgeface.graph.ops.activations import Relu
from edgeface.graph.ops.conv import Conv, Gemm
from edgeface.graph.ops.shape import Reshape
from edgeface.quantize.build_plan import weight_params
from edgeface.quantize.plan import QuantPlan, in_float32
from edgeface.quantize.quantize import QuantizeOptions, quantize
from edgeface.quantize.ranges import RangeRule
from edgeface.quantize.settings import QuantizeSettings

IMAGE = (1, 4, 8, 6)
DEFAULT = QuantizeSettings().chosen
ROUNDING = DEFAULT[1:]


def pairs(filter_):
    """The weights of one output channel two by two, channels last, from the first on, as plain lists."""
    order = filter_.ravel().tolist()
    if filter_.ndim == 3:
        order = [number for y, x in np.ndindex(filter_.shape[1:]) for number in filter_[:, y, x].tolist()]
    return itertools.zip_longest(order[::2], order[1::2], fillvalue=0)


def brute_reach(weight):
    return [max((abs(a + b) for a, b in pairs(own) if a * b > 0), default=0) for own in weight.astype(int)]


@pytest.mark.parametrize("shape", [(5, 4, 3, 3), (5, 3, 1, 1), (4, 1, 3, 3), (6, 12), (3, 2, 2, 3)])
def test_the_reach_is_the_largest_sum_of_a_pair_of_one_sign(shape):
    weight = np.random.default_rng([*shape]).integers(-127, 128, shape)
    found = pair_reach(weight)
    for own, reach, brute in zip(weight, found, brute_reach(weight), strict=True):
        alone = np.abs(own).max()  # beside a weight of the other sign, a weight adds up with nothing
        assert brute <= reach <= max(brute, alone)


def test_pairs_are_channels_last_and_signs_that_differ_do_not_add_up():
    weight = np.zeros((3, 2, 1, 2))
    weight[0] = [[[100, 90]], [[-100, -90]]]  # the channels of one place are a pair, and cancel
    weight[1] = [[[-90, 0]], [[-80, 0]]]
    weight[2] = [[[60, 0]], [[0, 60]]]
    assert pair_reach(weight).tolist() == [100, 170, 60]


def test_a_weight_without_a_partner_counts_alone():
    assert pair_reach(np.full((3, 1), 127)).tolist() == [127, 127, 127]


def test_scales_are_raised_where_a_pair_would_not_fit_and_only_there(make_graph):
    weight = np.zeros((3, 2, 1, 1), np.float32)
    weight[0, :, 0, 0] = 1.0  # a pair
    weight[1, 0, 0, 0] = 1.0
    weight[2, :, 0, 0] = 1.0, -1.0
    graph = make_graph({"x": (1, 2, 4, 6)}, [(Conv(), "x w", "y")], {"w": weight})
    plan = QuantPlan({"w": weight_params(weight, TFLITE_INT8)})
    found = spread_pairs(graph, plan).params["w"]
    assert found.quantize(weight).reshape(3, 2).tolist() == [[62, 62], [124, 0], [124, -124]]
    floats = QuantPlan(plan.params, in_float32({"y": "a test"}))
    assert spread_pairs(graph, floats) == floats


@pytest.fixture
def network(make_graph, normal):
    """Dense, depthwise and grouped convolutions and a matrix product, with weights drawn by `draw(*shape)`."""

    def make(draw):
        rows = [
            (Conv(pads=(1, 1, 1, 1)), "x w0 b0", "a"),
            (Relu(), "a", "ra"),
            (Conv(groups=6, pads=(1, 1, 1, 1)), "ra w1 b1", "b"),
            (Relu(), "b", "rb"),
            (Conv(groups=2), "rb w2 b2", "c"),
            (Relu(), "c", "rc"),
            (Reshape((1, 192)), "rc", "d"),
            (Gemm(), "d w3 b3", "y"),
        ]
        shapes = {"w0": (6, 4, 3, 3), "w1": (6, 1, 3, 3), "w2": (4, 3, 1, 1), "w3": (5, 192)}
        weights = {name: draw(*shape).astype(np.float32) for name, shape in shapes.items()}
        biases = {f"b{i}": normal(len(weights[f"w{i}"]), seed=8) for i in range(4)}
        return make_graph({"x": IMAGE}, rows, weights | biases)

    return make


def equal(*shape):
    return np.full(shape, 0.3)


def near_equal(*shape):
    return 0.3 + np.random.default_rng(1).uniform(-0.003, 0.003, shape)


def one_sided(*shape):
    return np.abs(np.random.default_rng(2).standard_cauchy(shape))


def gaussian(*shape):
    return np.random.default_rng(3).normal(size=shape)


def two_peaks(*shape):
    drawn = np.random.default_rng(4).normal(size=shape) * 0.01
    drawn.reshape(shape[0], -1)[:, :2] = -1.0
    return drawn


def none(*shape):
    return np.zeros(shape)


@pytest.mark.parametrize("equalized", [True, False])
@pytest.mark.parametrize("draw", [equal, near_equal, one_sided, gaussian, two_peaks, none], ids=lambda d: d.__name__)
def test_no_channel_of_a_quantized_network_reaches_beyond_the_limit(network, observed, feeds, draw, equalized):
    graph = network(draw)
    options = QuantizeOptions(RangeRule("minmax"), DEFAULT if equalized else ROUNDING)
    found = quantize(graph, observed(graph, feeds(*IMAGE)), ORT_U8S8, options)
    for name in ("w0", "w2", "w3"):
        params = found.plan.params[name]
        stored = params.quantize(found.graph.constants[name])
        assert max(brute_reach(stored)) <= PAIR_LIMIT
        assert np.abs(stored.astype(int)).max() <= 127


def test_a_limit_is_not_bought_with_more_steps_than_it_needs(network, observed, feeds):
    graph = network(equal)
    options = QuantizeOptions(RangeRule("minmax"), ROUNDING)
    found = quantize(graph, observed(graph, feeds(*IMAGE)), ORT_U8S8, options)
    for name in ("w0", "w2", "w3"):
        stored = found.plan.params[name].quantize(found.graph.constants[name])
        assert min(brute_reach(stored)) >= 100


def test_depthwise_filters_keep_all_their_steps(network, observed, feeds):
    graph = network(equal)
    stats, options = observed(graph, feeds(*IMAGE)), QuantizeOptions(RangeRule("minmax"), ROUNDING)
    mine, other = (quantize(graph, stats, scheme, options) for scheme in (ORT_U8S8, TFLITE_INT8))
    assert is_depthwise(graph.constants["w1"])
    assert mine.plan.params["w1"].scale == other.plan.params["w1"].scale
    assert np.abs(mine.plan.params["w1"].quantize(mine.graph.constants["w1"]).astype(int)).max() == 127
    assert min(mine.plan.params["w0"].scale) > max(other.plan.params["w0"].scale)


def test_layers_in_float_are_not_touched_and_a_plan_within_the_limit_is_none(network, observed, feeds):
    graph = network(equal)
    options = QuantizeOptions(RangeRule("minmax"), ROUNDING, in_float32(dict.fromkeys("acy", "because")))
    found = quantize(graph, observed(graph, feeds(*IMAGE)), TFLITE_INT8, options)
    assert limit_pair_sums(found.graph, found.plan) is None
    whole = quantize(graph, observed(graph, feeds(*IMAGE)), TFLITE_INT8, QuantizeOptions(RangeRule(), DEFAULT))
    relieved = limit_pair_sums(whole.graph, whole.plan)
    assert relieved is not None
    changed = {name for name, params in relieved.params.items() if params != whole.plan.params[name]}
    assert changed == {"w0", "w2", "w3"}
