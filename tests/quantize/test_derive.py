from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from edgeface.backends.onnx.scheme import ORT_U8S8
from edgeface.errors import GraphError
from edgeface.graph.ops.activations import PRelu, Relu
from edgeface.graph.ops.arithmetic import Mul
from edgeface.graph.ops.conv import Conv, Gemm
from edgeface.graph.ops.shape import Reshape, Transpose
from edgeface.passes.decompose_prelu import decompose_prelu
from edgeface.quantize.build_plan import build_plan
from edgeface.quantize.derive import derive
from edgeface.quantize.histogram import BINS, ZERO_BIN
from edgeface.quantize.ranges import RangeRule

IMAGE = (1, 3, 9, 7)
GENTLE = np.array([0.25, -0.5, 0.0, 0.99], np.float32).reshape(4, 1, 1)
STEEP = np.array([0.25, 1.5, -1.2, 4.0], np.float32).reshape(4, 1, 1)


@pytest.fixture
def activated(make_graph, normal):
    """Convolution → PReLU → ReLU, which keeps steep slopes from being lowered."""

    def make(slope):
        rows = [(Conv(), "x w b", "a"), (PRelu(), "a s", "p"), (Relu(), "p", "y")]
        return make_graph({"x": IMAGE}, rows, {"w": normal(4, 3, 1, 1), "b": normal(4), "s": slope})

    return make


def farthest_move(found, wanted):
    """How many bins apart the same mass lies in two histograms of one channel, at most; the total must agree."""
    assert found.sum() == wanted.sum()
    ends = [np.repeat(np.arange(BINS), counts) for counts in (found, wanted)]
    return np.abs(ends[0] - ends[1]).max()


@pytest.mark.parametrize("slope", [GENTLE, STEEP], ids=["gentle", "steep"])
def test_derived_statistics_equal_those_observed_on_the_decomposed_network(activated, observed, feeds, slope):
    graph = activated(slope)
    decomposed = decompose_prelu(graph)
    images = feeds(*IMAGE)
    before, seen = observed(graph, images), observed(decomposed, images)
    derived = derive(decomposed, before)
    new = set(derived.values) - set(before.values)
    assert new == set(seen.values) - set(before.values)
    assert len(new) == (2 if (slope > 1).any() else 1)
    for name in new:
        found, wanted = derived.values[name], seen.values[name]
        np.testing.assert_allclose(found.low, wanted.low, rtol=1e-6)
        np.testing.assert_allclose(found.high, wanted.high, rtol=1e-6)
        np.testing.assert_allclose(found.mean, wanted.mean, rtol=0.03, atol=1e-3)
        assert found.count == wanted.count
        for channel in range(4):
            assert farthest_move(found.counts[channel], wanted.counts[channel]) <= 1


def test_without_histograms_the_ranges_are_derived_all_the_same(activated, observed, feeds):
    graph = activated(STEEP)
    decomposed, images = decompose_prelu(graph), feeds(*IMAGE)
    whole, few = (derive(decomposed, observed(graph, images, *held)) for held in ((), ("ranges",)))
    assert few.holds == ("ranges",)
    assert set(few.values) == set(whole.values)
    for name, stats in whole.values.items():
        assert few.values[name].range == stats.range
        assert few.values[name].counts.shape == (4 if name != "x" else 3, 0)
    assert np.isnan(few.values["p/below"].mean).all()  # only a histogram tells what was cut off


def test_what_keeps_its_name_keeps_its_numbers(activated, observed, feeds):
    graph = activated(GENTLE)
    stats = observed(graph, feeds(*IMAGE))
    derived = derive(decompose_prelu(graph), stats)
    assert all(derived.values[name] is found for name, found in stats.values.items())
    assert (derived.moments, derived.images, derived.graph_digest) == (stats.moments, stats.images, stats.graph_digest)


def test_a_channel_that_is_cut_off_is_all_zeros(activated, observed, feeds):
    graph = activated(np.array([1.0, 0.5, 0.5, 0.5], np.float32).reshape(4, 1, 1))
    found = derive(decompose_prelu(graph), observed(graph, feeds(*IMAGE))).values["p/below"]
    assert (found.low[0], found.high[0]) == (0.0, 0.0)
    assert found.counts[0, ZERO_BIN] == found.counts[0].sum() == found.count


def test_a_row_of_numbers_counts_as_one_channel(make_graph, normal, observed, feeds):
    rows = [(Gemm(), "x w", "a"), (PRelu(), "a s", "p"), (Relu(), "p", "y")]
    graph = make_graph({"x": (1, 12)}, rows, {"w": normal(4, 12), "s": np.full(4, 0.25, np.float32)})
    images = feeds(1, 12)
    decomposed = decompose_prelu(graph)
    found, wanted = (
        derive(decomposed, observed(graph, images)).values["p/below"],
        observed(decomposed, images).values["p/below"],
    )
    np.testing.assert_allclose([found.low, found.high], [wanted.low, wanted.high], rtol=1e-6)


def test_a_plan_of_the_decomposed_network_needs_no_second_calibration(activated, observed, feeds):
    graph = activated(GENTLE)
    decomposed, stats = decompose_prelu(graph), observed(graph, feeds(*IMAGE))
    with pytest.raises(GraphError, match="lack a value"):
        build_plan(decomposed, stats, ORT_U8S8, RangeRule("minmax"))
    scheme = replace(ORT_U8S8, refine=())  # which would make a large difference of scales out of the least one
    plan = build_plan(decomposed, derive(decomposed, stats), scheme, RangeRule("minmax"))
    again = build_plan(decomposed, observed(decomposed, feeds(*IMAGE)), scheme, RangeRule("minmax"))
    assert set(plan.params) == set(again.params)
    for name, params in plan.params.items():
        np.testing.assert_allclose(params.scale, again.params[name].scale, rtol=1e-5)
        assert params.zero_point == again.params[name].zero_point


def test_numbers_in_another_order_are_the_same_numbers(make_graph, observed, feeds):
    graph = make_graph({"x": IMAGE}, [(Relu(), "x", "y")])
    turned = make_graph(
        {"x": IMAGE}, [(Relu(), "x", "y"), (Transpose((0, 2, 3, 1)), "y", "t"), (Reshape((1, 189)), "t", "r")]
    )
    images = feeds(*IMAGE)
    derived, seen = derive(turned, observed(graph, images)), observed(turned, images)
    for name in ("t", "r"):
        found, wanted = derived.values[name], seen.values[name]
        assert found.range == wanted.range
        np.testing.assert_array_equal(found.counts.sum(axis=0), wanted.counts.sum(axis=0))
        np.testing.assert_allclose(found.total.sum(), wanted.total.sum())
        assert found.count * len(found.total) == wanted.count * len(wanted.total)


@pytest.mark.parametrize("op", [Mul(), Mul("relu6")], ids=["computed factor", "cut off above"])
def test_no_other_product_is_guessed(make_graph, normal, observed, feeds, op):
    graph = make_graph({"x": IMAGE}, [(Relu(), "x", "y")])
    stats = observed(graph, feeds(*IMAGE))
    second, constants = ("y", {}) if op == Mul() else ("c", {"c": np.float32(2).reshape(1, 1, 1)})
    other = make_graph({"x": IMAGE}, [(Relu(), "x", "y"), (op, f"y {second}", "z")], constants)
    assert set(derive(other, stats).values) == {"x", "y"}


def test_a_factor_that_differs_within_a_channel_is_not_guessed(make_graph, normal, observed, feeds):
    graph = make_graph({"x": IMAGE}, [(Relu(), "x", "y")])
    stats = observed(graph, feeds(*IMAGE))
    other = make_graph({"x": IMAGE}, [(Relu(), "x", "y"), (Mul(), "y c", "z")], {"c": normal(7)})
    assert "z" not in derive(other, stats).values
