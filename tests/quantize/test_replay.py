"""Both networks node by node: the quantized one as its integers have it, and no value longer than it is read."""

from __future__ import annotations

import numpy as np
import pytest

from edgeface.backends.tflite.scheme import TFLITE_INT8
from edgeface.graph.ops.activations import Relu
from edgeface.graph.ops.arithmetic import Add
from edgeface.graph.ops.conv import Conv
from edgeface.quantize.build_plan import build_plan
from edgeface.quantize.plan import in_float32
from edgeface.quantize.ranges import RangeRule
from edgeface.quantize.replay import Replay, fake_quantized, peak_bytes

IMAGE = (1, 3, 6, 5)


@pytest.fixture
def graph(make_graph, normal):
    """A branch and a sum: x → a → b, a + b → s → y."""
    rows = [(Conv(), "x w b", "a"), (Relu(), "a", "r"), (Add(), "a r", "s"), (Conv(), "s v c", "y")]
    constants = {"w": normal(4, 3, 1, 1), "b": normal(4), "v": normal(2, 4, 1, 1), "c": normal(2)}
    return make_graph({"x": IMAGE}, rows, constants)


@pytest.fixture
def replayed(graph, observed, feeds, examples):
    def start(**options):
        given = feeds(*IMAGE)
        plan = build_plan(graph, observed(graph, given), TFLITE_INT8, RangeRule("minmax"), **options)
        return Replay(graph, plan, examples(given), 4), plan

    return start


def test_values_are_those_of_the_float_network_and_on_the_grids_of_the_quantized_one(graph, replayed, feeds, evaluate):
    replay, plan = replayed()
    for node in graph.nodes[:2]:
        replay.advance(node, replay.constants(node))
    for image in range(4):
        exact = evaluate(graph, feeds(*IMAGE)[image * 10 // 4], "r")["r"]
        np.testing.assert_allclose(replay.exact["r"][image], exact, rtol=1e-5, atol=1e-5)
        stored = replay.rounded["r"][image] / plan.params["r"].scale[0]
        np.testing.assert_allclose(stored, np.rint(stored), atol=1e-3)
        assert 0 < np.abs(replay.rounded["r"][image] - exact).max() < 0.2


@pytest.mark.parametrize("name", ["x", "a", "y"])
def test_rounding_is_that_of_the_plan(replayed, normal, name):
    _, plan = replayed()
    params, data = plan.params[name], normal(50, scale=9)
    np.testing.assert_allclose(fake_quantized(params, data), params.dequantize(params.quantize(data)), rtol=1e-6)


def test_a_value_is_freed_after_its_last_reader(graph, replayed):
    replay, _ = replayed()
    held = []
    for node in graph.nodes:
        replay.advance(node, replay.constants(node))
        held.append(sorted(replay.exact))
        assert sorted(replay.rounded) == held[-1]
    assert held == [["a"], ["a", "r"], ["s"], []]


def test_what_both_compute_in_float_is_held_and_computed_once(graph, replayed):
    replay, _ = replayed(stated=in_float32({"x": "a test", "a": "a test", "r": "a test"}))
    for node in graph.nodes[:2]:
        replay.advance(node, replay.constants(node))
        assert replay.rounded[node.output] is replay.exact[node.output]


def test_an_integer_node_quantizes_what_it_reads_of_a_float_one(graph, replayed):
    replay, plan = replayed(stated=in_float32({"x": "a test", "a": "a test", "r": "a test", "s": "a test"}))
    for node in graph.nodes[:3]:
        replay.advance(node, replay.constants(node))
    read = replay.read(graph.nodes[3], "s")[0]
    np.testing.assert_array_equal(read, fake_quantized(plan.params["s"], replay.exact["s"][0]))
    assert (read != replay.exact["s"][0]).any()


def test_values_that_are_equal_in_both_count_once(graph, replayed):
    row = 6 * 5 * 4  # bytes of a channel
    _, plan = replayed()
    assert peak_bytes(graph, plan) == 2 * 12 * row  # a, r and s
    _, plan = replayed(stated=in_float32(dict.fromkeys("xars", "a test")))
    assert peak_bytes(graph, plan) == 12 * row
    _, plan = replayed(stated=in_float32(dict.fromkeys("xrs", "a test")))  # r is computed from a, which is rounded
    assert peak_bytes(graph, plan) == 2 * 12 * row


def test_no_more_images_are_taken_than_fit(feeds, examples):
    given = examples(feeds(*IMAGE))
    assert given.fitting(1000, 40) == 10
    assert given.fitting(1000, 6) == 6
    assert given.fitting(1000, 40, max_bytes=3001) == 3
    assert given.fitting(1000, 40, max_bytes=1) == 1
