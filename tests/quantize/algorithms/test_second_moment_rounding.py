from __future__ import annotations

import numpy as np
import pytest

from edgeface.backends.tflite.scheme import TFLITE_INT8
from edgeface.graph.ops.conv import Conv
from edgeface.quantize.algorithms.second_moment_rounding import Rounding, round_convolution, round_weights
from edgeface.quantize.build_plan import build_plan
from edgeface.quantize.plan import QParams, in_float32
from edgeface.quantize.ranges import RangeRule

IMAGE = (1, 4, 16, 16)
COARSE = 7


def one_conv(make_graph, normal, groups, weight):
    constants = {"w": normal(*weight), "b": normal(weight[0])}
    return make_graph({"x": IMAGE}, [(Conv(groups=groups, pads=(1, 1, 1, 1)), "x w b", "y")], constants)


def nearest(graph, plan):
    params = plan.params["w"]
    return graph.rebuild(constants={"w": params.dequantize(params.quantize(graph.constants["w"]))})


@pytest.fixture
def rounded(observed, feeds):
    def run(graph, **options):
        stats = observed(graph, feeds(*IMAGE, count=12))
        plan = build_plan(graph, stats, TFLITE_INT8, RangeRule("minmax"), **options)
        return round_weights(graph, plan, stats, Rounding()), plan

    return run


@pytest.mark.parametrize(
    ("groups", "weight"),
    [(1, (6, 4, 3, 3)), (4, (4, 1, 3, 3)), (4, (8, 1, 3, 3)), (1, (5, 4, 1, 1)), (2, (6, 2, 3, 3))],
)
def test_outputs_of_new_images_change_less_than_with_nearest_rounding(
    make_graph, normal, rounded, evaluate, feeds, groups, weight
):
    graph = one_conv(make_graph, normal, groups, weight)
    careful, plan = rounded(graph)
    plain = nearest(graph, plan)
    errors = {"careful": 0.0, "plain": 0.0}
    for feed in feeds(*IMAGE, count=16)[12:]:
        exact = evaluate(graph, feed)["y"]
        errors["careful"] += np.square(evaluate(careful, feed)["y"] - exact).mean()
        errors["plain"] += np.square(evaluate(plain, feed)["y"] - exact).mean()
    assert errors["careful"] < 0.85 * errors["plain"]


@pytest.mark.parametrize(("groups", "weight"), [(1, (6, 4, 3, 3)), (4, (8, 1, 3, 3))])
def test_weights_lie_on_the_grid_and_near_where_they_were(make_graph, normal, rounded, groups, weight):
    graph = one_conv(make_graph, normal, groups, weight)
    careful, plan = rounded(graph)
    params = plan.params["w"]
    stored = careful.constants["w"] / np.array(params.scale, np.float32).reshape(-1, 1, 1, 1)
    np.testing.assert_allclose(stored, np.rint(stored), atol=1e-4)
    assert np.abs(stored).max() <= 127.001
    np.testing.assert_array_equal(params.dequantize(params.quantize(careful.constants["w"])), careful.constants["w"])
    moved = np.abs(careful.constants["w"] - graph.constants["w"]) / np.array(params.scale).reshape(-1, 1, 1, 1)
    assert moved.max() < COARSE


def test_layers_kept_in_float_stay_as_they_are(make_graph, normal, rounded):
    graph = one_conv(make_graph, normal, 1, (6, 4, 3, 3))
    careful, _ = rounded(graph, stated=in_float32({"y": "because"}))
    assert careful.constants["w"] is graph.constants["w"] or np.array_equal(
        careful.constants["w"], graph.constants["w"]
    )
    np.testing.assert_array_equal(careful.constants["b"], graph.constants["b"])


def test_weights_that_two_layers_share_stay_as_they_are(make_graph, normal, rounded):
    rows = [(Conv(), "x w b", "y"), (Conv(), "x w b", "z")]
    graph = make_graph({"x": IMAGE}, rows, {"w": normal(6, 4, 1, 1), "b": normal(6)}, ["y", "z"])
    np.testing.assert_array_equal(rounded(graph)[0].constants["w"], graph.constants["w"])


def test_inputs_that_are_always_zero_do_no_harm(make_graph, normal, observed, feeds):
    graph = one_conv(make_graph, normal, 1, (6, 4, 3, 3))
    silent = [{"x": feed["x"] * np.array([1, 0, 0, 1], np.float32).reshape(1, 4, 1, 1)} for feed in feeds(*IMAGE)]
    stats = observed(graph, silent)
    plan = build_plan(graph, stats, TFLITE_INT8, RangeRule("minmax"))
    assert np.isfinite(round_weights(graph, plan, stats, Rounding()).constants["w"]).all()


@pytest.mark.parametrize("mean", [3e-6, 1e-3, 1.0])
def test_moments_that_rounding_made_singular_round_to_nearest_and_leave_other_groups_alone(normal, mean):
    """A dead channel's squares vanish in the sums of float64 before its mean does."""
    weight, bias = normal(2, 1, 1, 1), normal(2)
    grid = QParams((0.25, 0.25), 0, 0, -COARSE, COARSE)
    sound, singular = np.array([[2.0, 0.5], [0.5, 1.0]]), np.array([[0.0, mean], [mean, 1.0]])
    apart = [
        round_convolution(weight[i : i + 1], bias[i : i + 1], QParams((0.25,), 0, 0, -COARSE, COARSE), m, 1e-3)
        for i, m in enumerate((sound, singular))
    ]
    both = round_convolution(weight, bias, grid, np.stack([sound, singular]), 1e-3)
    for found, parts in zip(both, zip(*apart, strict=True), strict=True):
        np.testing.assert_array_equal(found, np.concatenate(parts))
    np.testing.assert_allclose(both[0][1], np.rint(weight[1] / 0.25) * 0.25)
    assert np.isfinite(both[1]).all()
