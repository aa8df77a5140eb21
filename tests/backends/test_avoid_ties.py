from __future__ import annotations

import numpy as np
import pytest

from edgeface.backends.avoid_ties import STEP, TRIES, avoid_ties, near_ties
from edgeface.graph.ops.arithmetic import Add, Mul
from edgeface.quantize.plan import QParams, QuantPlan, in_float32

# 1862 · ratio is 19.49999915: float32 rounds the product to 19.5, and that to 20.
RATIO = 0.010472609640919048
FACTORS = np.linspace(-1, 0, 50, dtype=np.float32).reshape(1, 50, 1, 1)


@pytest.fixture
def graph(make_graph):
    rows = [(Mul(), "x f", "below"), (Add(), "x below", "y")]
    return make_graph({"x": (1, 50, 4, 4)}, rows, {"f": FACTORS}, ["y"])


def plan(ratio, **changes):
    params = {"x": QParams((0.1,), 3), "f": QParams((1 / 255,), 127), "below": QParams((0.1 / 255 / ratio,), -90)}
    return QuantPlan(params | {"y": QParams((0.07,), 5)} | changes)


def ratio_of(found):
    return found.params["x"].scale[0] * found.params["f"].scale[0] / found.params["below"].scale[0]


def reachable(found):
    factors = found.params["f"].quantize(FACTORS).astype(int).ravel() - 127
    return np.unique(np.multiply.outer(factors, np.arange(-128, 128) - 3)).astype(float)


def test_a_product_that_float32_takes_for_a_half_is_near_a_tie():
    assert near_ties(np.array([1862.0]), RATIO) == 1
    assert np.float32(1862) * np.float32(RATIO) == np.float32(19.5)
    assert near_ties(np.array([1861.0, 1863.0]), RATIO) == 0
    assert near_ties(np.array([-64.0, 64.0, 192.0]), 1 / 128) == 3


@pytest.mark.parametrize("ratio", [1 / 128, RATIO, 0.015625, 0.0111])
def test_no_product_that_can_occur_is_near_a_tie_afterwards(graph, ratio):
    given = plan(ratio)
    found = avoid_ties(graph, given)
    assert near_ties(reachable(found), ratio_of(found)) == 0
    wider = found.params["below"].scale[0] / given.params["below"].scale[0]
    assert 1 - 1e-6 <= wider <= 1 + STEP * TRIES + 1e-6
    assert {name for name, made in found.params.items() if made != given.params[name]} <= {"below"}


def test_ties_are_there_without_it(graph):
    assert near_ties(reachable(plan(1 / 128)), 1 / 128) > 0


def test_shared_parameters_and_floats_are_left_alone(graph, make_graph):
    shared = plan(1 / 128)
    shared = QuantPlan({**shared.params, "y": shared.params["below"]})
    assert avoid_ties(graph, shared) == shared
    floats = QuantPlan(plan(1 / 128).params, in_float32({"below": "for a reason"}))
    assert avoid_ties(graph, floats) == floats


def test_a_product_of_two_values_is_left_alone(make_graph):
    graph = make_graph({"x": (1, 50, 4, 4), "f": (1, 50, 4, 4)}, [(Mul(), "x f", "below")])
    assert avoid_ties(graph, plan(1 / 128)) == plan(1 / 128)
