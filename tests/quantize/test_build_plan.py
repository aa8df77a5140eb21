from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from edgeface.backends.onnx.scheme import ORT_U8S8
from edgeface.backends.tflite.scheme import TFLITE_INT8
from edgeface.errors import GraphError
from edgeface.graph.ops.activations import Clip, LeakyRelu, Relu, Sigmoid, Softmax
from edgeface.graph.ops.arithmetic import Add, Concat, Mul
from edgeface.graph.ops.constant_pad import ConstantPad
from edgeface.graph.ops.conv import Conv
from edgeface.graph.ops.conv_transpose import ConvTranspose
from edgeface.graph.ops.shape import Reshape, Transpose
from edgeface.graph.ops.spatial import MaxPool, Resize
from edgeface.quantize.build_plan import SIGMOID_REACH, build_plan
from edgeface.quantize.plan import QParams, Stated, in_float32
from edgeface.quantize.ranges import RangeRule

IMAGE = {"x": (1, 2, 4, 6)}
MINMAX = RangeRule("minmax")


@pytest.fixture
def planned(observed, feeds):
    def plan(graph, rule=MINMAX, **options):
        return build_plan(graph, observed(graph, feeds(*graph.type("x").shape)), TFLITE_INT8, rule, **options)

    return plan


def test_ops_of_one_scale_share_it_back_to_what_computes(make_graph, planned):
    rows = [
        (LeakyRelu(alpha=0.5), "x", "a"),
        (Add(), "x x", "b"),
        (MaxPool((2, 2), (2, 2)), "b", "c"),
        (Resize((4, 6)), "c", "d"),
        (Concat(1), "a d", "e"),
        (Transpose((0, 2, 3, 1)), "e", "f"),
        (Reshape((1, 48, 2)), "f", "y"),
    ]
    plan = planned(make_graph(IMAGE, rows))
    assert {plan.params[name] for name in "abcdefy"} == {plan.params["b"]}
    assert plan.params["x"] != plan.params["a"]


def test_a_shared_range_contains_every_branch(make_graph, normal, planned, evaluate, feeds):
    rows = [(Conv(), "x w", "a"), (LeakyRelu(), "x", "b"), (Concat(1), "a b", "y")]
    graph = make_graph(IMAGE, rows, {"w": normal(2, 2, 1, 1, scale=9)})
    plan = planned(graph)
    seen = np.concatenate([evaluate(graph, feed)["y"].ravel() for feed in feeds(1, 2, 4, 6)])
    step = plan.params["y"].scale[0]
    assert plan.params["y"].range[0] <= seen.min() + step
    assert plan.params["y"].range[1] >= seen.max() - step


def test_a_concat_kept_in_float_leaves_its_branches_their_scales(make_graph, planned):
    rows = [(LeakyRelu(alpha=0.1), "x", "a"), (Add(), "x x", "b"), (Concat(1), "a b", "y")]
    plan = planned(make_graph(IMAGE, rows), stated=in_float32({"y": "because"}))
    assert plan.params["a"] != plan.params["b"]
    assert plan.kept_float == {"y": "because"}


def test_weights_of_a_layer_kept_in_float_have_no_scale(make_graph, normal, planned):
    rows = [(Conv(), "x w", "a"), (Conv(), "a v", "y")]
    graph = make_graph(IMAGE, rows, {"w": normal(3, 2, 1, 1), "v": normal(3, 3, 1, 1)})
    plan = planned(graph, stated=in_float32({"y": "because"}))
    assert "w" in plan.params
    assert "v" not in plan.params


def test_weights_are_symmetric_by_output_channel(make_graph, normal, planned):
    weight = normal(3, 2, 3, 3) * np.array([1, 0, 100], np.float32).reshape(3, 1, 1, 1)
    plan = planned(make_graph(IMAGE, [(Conv(), "x w", "y")], {"w": weight}))
    params = plan.params["w"]
    assert (params.zero_point, params.axis, params.low, params.high) == (0, 0, -127, 127)
    np.testing.assert_allclose(params.scale[0], np.abs(weight[0]).max() / 127, rtol=1e-6)
    assert min(params.scale) > 0
    assert np.abs(params.quantize(weight)).max() == 127


def test_prescribed_outputs_have_their_scale(make_graph, planned):
    rows = [(Sigmoid(), "x", "a"), (MaxPool((2, 2)), "a", "b"), (Softmax(1), "b", "y")]
    plan = planned(make_graph(IMAGE, rows))
    assert plan.params["a"] == plan.params["b"] == plan.params["y"]
    assert (plan.params["a"].scale, plan.params["a"].zero_point) == ((1 / 256,), -128)


def test_what_would_be_cut_off_by_a_prescribed_scale_is_refused(make_graph, planned):
    graph = make_graph(IMAGE, [(Sigmoid(), "x", "a"), (LeakyRelu(), "x", "b"), (Concat(1), "a b", "y")])
    with pytest.raises(GraphError, match="prescribed scale") as caught:
        planned(graph)
    assert "'y'" in caught.value.where or "y" in caught.value.where.split()[-1]
    assert planned(graph, stated=in_float32({"y": "its branches differ"})).params["b"].scale[0] > 1 / 256


def test_what_only_sigmoids_read_is_clipped_where_they_are_flat(make_graph, normal, planned):
    weights = {"w": normal(2, 2, 1, 1, scale=50)}
    only = planned(make_graph(IMAGE, [(Conv(), "x w", "a"), (Sigmoid(), "a", "y")], weights))
    assert only.params["a"].range[1] <= SIGMOID_REACH + only.params["a"].scale[0]
    rows = [(Conv(), "x w", "a"), (Sigmoid(), "a", "y"), (Relu(), "a", "z")]
    also = planned(make_graph(IMAGE, rows, weights, ["y", "z"]))
    assert also.params["a"].range[1] > 2 * SIGMOID_REACH


def test_a_known_range_overrides_the_observed_one(make_graph, planned):
    plan = planned(make_graph(IMAGE, [(LeakyRelu(), "x", "y")]), known={"x": (-123.0, 151.0)})
    assert plan.params["x"].range == pytest.approx((-123.0, 151.0), abs=1.1)


def test_a_value_that_was_not_observed_is_named(make_graph, observed, feeds):
    stats = observed(make_graph(IMAGE, [(LeakyRelu(), "x", "y")]), feeds(1, 2, 4, 6))
    graph = make_graph(IMAGE, [(LeakyRelu(), "x", "y"), (Relu(), "y", "new")])
    with pytest.raises(GraphError, match="lack a value") as caught:
        build_plan(graph, stats, TFLITE_INT8, MINMAX)
    assert caught.value.where == "tensor 'new'"


WIDE = RangeRule("minmax", headroom=1.0)


@pytest.mark.parametrize(
    ("rows", "bounds"),
    [
        ([(Conv(activation="relu6"), "x w", "a"), (Relu(), "a", "y")], (0.0, 6.0)),
        ([(Conv(), "x w", "c"), (Clip(0.0, 6.0), "c", "a"), (Relu(), "a", "y")], (0.0, 6.0)),
        ([(Conv(), "x w", "c"), (Clip(-1.0, 0.5), "c", "a"), (Relu(), "a", "y")], (-1.0, 0.5)),
        ([(Conv(), "x w", "c"), (Clip(high=2.0), "c", "a"), (Relu(), "a", "y")], (-np.inf, 2.0)),
        ([(Add("relu6"), "x x", "b"), (MaxPool((2, 2)), "b", "a"), (Relu(), "a", "y")], (0.0, 6.0)),
        ([(Add("relu6"), "x x", "b"), (Resize((8, 12)), "b", "a"), (Relu(), "a", "y")], (0.0, 6.0)),
    ],
    ids=["fused", "clip", "two-sided", "above", "pooled", "resized"],
)
@pytest.mark.parametrize("scheme", [TFLITE_INT8, ORT_U8S8], ids=lambda s: s.name)
def test_headroom_does_not_reach_beyond_what_clips(make_graph, normal, observed, feeds, rows, bounds, scheme):
    constants = {"w": normal(2, 2, 1, 1, scale=9)} if "w" in rows[0][1] else {}
    graph = make_graph(IMAGE, rows, constants)
    params = build_plan(graph, observed(graph, feeds(1, 2, 4, 6)), scheme, WIDE).params["a"]
    # A step is a float32 number, and the zero point a whole one.
    assert params.range[0] >= bounds[0] - params.scale[0] / 2 - 1e-6
    assert params.range[1] <= bounds[1] + params.scale[0] / 2 + 1e-6
    if bounds[0] == 0.0:
        assert params.range[1] <= bounds[1] * (1 + 1e-6)


def test_headroom_exceeds_the_observed_range_without_a_clip(make_graph, normal, observed, feeds):
    graph = make_graph(IMAGE, [(Conv(), "x w", "a"), (Relu(), "a", "y")], {"w": normal(2, 2, 1, 1)})
    stats = observed(graph, feeds(1, 2, 4, 6))
    params = build_plan(graph, stats, ORT_U8S8, WIDE).params["a"]
    assert params.range[1] > 2 * stats.values["a"].range[1]


SIXTEEN = {"a": Stated("int16", "a test"), "y": Stated("int16", "a test")}


def test_a_value_of_16_bits_gets_a_scale_for_them(make_graph, planned):
    graph = make_graph(IMAGE, [(Relu(), "x", "a"), (LeakyRelu(alpha=0.1), "a", "b")])
    plan = planned(graph, stated={"a": SIXTEEN["a"]})
    assert {name: plan.dtype(name) for name in "xab"} == {"x": "int8", "a": "int16", "b": "int8"}
    seen = planned(graph).params["a"].range[1]
    assert plan.params["a"].range[1] == pytest.approx(seen, rel=1e-3)
    assert plan.params["a"].scale[0] == pytest.approx(seen / 32_767, rel=1e-3)


def test_weights_of_a_layer_of_16_bits_keep_8_and_other_constants_get_16(make_graph, normal, planned):
    rows = [(Conv(), "x w", "a"), (Mul(), "a f", "y")]
    graph = make_graph(IMAGE, rows, {"w": normal(3, 2, 1, 1), "f": normal(3, 1, 1)})
    plan = planned(graph, stated=SIXTEEN)
    assert {name: plan.dtype(name) for name in "wf"} == {"w": "int8", "f": "int16"}


def test_ops_of_one_scale_do_not_share_it_across_widths(make_graph, planned):
    rows = [(LeakyRelu(alpha=0.5), "x", "a"), (Transpose((0, 2, 3, 1)), "a", "t"), (Reshape((1, 24, 2)), "t", "y")]
    graph = make_graph(IMAGE, rows)
    together = planned(graph, stated=dict.fromkeys("aty", SIXTEEN["a"]))
    assert together.params["a"] == together.params["t"] == together.params["y"]
    apart = planned(graph, stated={"a": SIXTEEN["a"]})
    assert apart.params["a"] != apart.params["t"] == apart.params["y"]
    assert apart.dtype("t") == "int8"


def test_a_prescribed_output_is_prescribed_for_8_bits_only(make_graph, planned):
    graph = make_graph(IMAGE, [(LeakyRelu(), "x", "a"), (Sigmoid(), "a", "y")])
    plan = planned(graph, stated=SIXTEEN)
    assert plan.params["y"].scale[0] < 2 / 32_767
    assert plan.params["a"].range[1] == pytest.approx(planned(graph).params["x"].range[1], rel=1e-2)


def test_a_scheme_refines_the_plan_in_its_order(make_graph, observed, feeds):
    graph = make_graph(IMAGE, [(LeakyRelu(), "x", "y")])
    stats, order = observed(graph, feeds(*IMAGE["x"])), []

    def note(name):
        def refine(graph, plan):
            order.append(name)
            return replace(plan, params={**plan.params, "y": QParams((float(len(order)),))})

        return refine

    scheme = replace(TFLITE_INT8, refine=(note("first"), note("second")))
    assert build_plan(graph, stats, scheme, MINMAX).params["y"].scale == (2.0,)
    assert order == ["first", "second"]


def test_a_pair_of_weights_has_the_steps_that_unsigned_kernels_add_up(make_graph, normal, observed, feeds):
    weight = np.zeros((2, 2, 3, 3), np.float32)
    weight[0, :, 0, 0] = 1.0  # both channels of one place: a pair
    weight[1, 0, 0, 0] = 1.0
    graph = make_graph(IMAGE, [(Conv(), "x w", "y")], {"w": weight})
    stats = observed(graph, feeds(1, 2, 4, 6))
    stored = {}
    for scheme in (TFLITE_INT8, ORT_U8S8):
        stored[scheme.name] = build_plan(graph, stats, scheme, MINMAX).params["w"].quantize(weight)
    assert stored[TFLITE_INT8.name].max(axis=(1, 2, 3)).tolist() == [127, 127]
    assert stored[ORT_U8S8.name].max(axis=(1, 2, 3)).tolist() == [62, 124]


def test_steps_of_almost_zero_weights_hold_the_bias_of_their_channel(make_graph, normal, planned):
    weight, bias = normal(3, 2, 1, 1), np.array([1, 1e-3, 0], np.float32)
    weight[1] *= 1e-12
    plan = planned(make_graph(IMAGE, [(Conv(), "x w b", "y")], {"w": weight, "b": bias}))
    largest = np.abs(weight).max(axis=(1, 2, 3)) / 127
    np.testing.assert_array_equal(np.array(plan.params["w"].scale)[[0, 2]], largest[[0, 2]])
    assert abs(bias[1]) / (plan.params["w"].scale[1] * plan.params["x"].scale[0]) <= 2**30 * (1 + 1e-6)


def test_what_is_joined_or_padded_fits_the_shared_range(make_graph, planned):
    rows = [(Concat(1), "x c", "a"), (ConstantPad((0, 0, 1, 1, 0, 0, 1, 1), -50.0), "a", "y")]
    plan = planned(make_graph(IMAGE, rows, {"c": np.full((1, 1, 4, 6), 60, np.float32)}))
    assert plan.params["x"] == plan.params["y"]
    assert plan.params["y"].range[0] <= -50
    assert plan.params["y"].range[1] >= 60 - plan.params["y"].scale[0]


def test_minus_infinity_around_a_value_widens_nothing(make_graph, planned):
    rows = [(ConstantPad((0, 0, 1, 1, 0, 0, 1, 1), -np.inf), "x", "y")]
    assert planned(make_graph(IMAGE, rows)).params["y"].range[0] > -20


def test_a_transposed_convolution_has_a_scale_for_each_output_channel(make_graph, normal, planned):
    weight = normal(2, 5, 2, 2)
    plan = planned(make_graph(IMAGE, [(ConvTranspose((2, 2)), "x w", "y")], {"w": weight}))
    assert plan.params["w"].axis == 1
    np.testing.assert_allclose(plan.params["w"].scale, np.abs(weight).max(axis=(0, 2, 3)) / 127, rtol=1e-6)
