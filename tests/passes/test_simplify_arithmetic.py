from __future__ import annotations

import numpy as np
import pytest

from edgeface.graph.ops.activations import Clip, Relu, Sigmoid
from edgeface.graph.ops.arithmetic import Div
from edgeface.graph.ops.extremes import Max, Min
from edgeface.graph.ops.power import Pow
from edgeface.graph.ops.smooth_activations import Swish
from edgeface.graph.rewrite import refusals
from edgeface.passes.simplify_arithmetic import clip, expand_power, multiply, simplify_arithmetic

IMAGE = {"x": (1, 2, 3, 4)}


def scalar(value, *shape):
    return np.full(shape, value, np.float32)


@pytest.mark.parametrize(
    ("exponent", "found"),
    [
        (np.float32(2), ["Mul"]),
        (np.array(2), ["Mul"]),
        (scalar(2, 1), ["Mul"]),
        (np.float32(3), ["Mul", "Mul"]),
        (np.float32(0.5), ["Sqrt"]),
        (np.float32(-0.5), ["Sqrt", "Reciprocal"]),
        (np.float32(-1), ["Reciprocal"]),
        (np.float32(2.5), ["Pow"]),
        (scalar(2, 5, 1, 2, 3, 4), ["Pow"]),
    ],
)
def test_small_powers_become_products_and_roots(make_graph, same, ops, exponent, found):
    graph = make_graph(IMAGE, [(Sigmoid(), "x", "a"), (Pow(), "a n", "y")], {"n": np.asarray(exponent)})
    simple = simplify_arithmetic(graph)
    assert ops(simple) == ["Sigmoid", *found]
    same(graph, simple)


def test_a_computed_exponent_stays(make_graph):
    graph = make_graph(IMAGE, [(Sigmoid(), "x", "a"), (Pow(), "a x", "y")])
    assert simplify_arithmetic(graph) is graph
    assert len(refusals(graph, expand_power)) == 1


@pytest.mark.parametrize("divisor", [np.float32(6), np.array([[[2]], [[-3]]], np.float32)])
def test_a_quotient_of_constants_becomes_a_product(make_graph, same, ops, divisor):
    graph = make_graph(IMAGE, [(Div("relu"), "x c", "y")], {"c": np.asarray(divisor)})
    simple = simplify_arithmetic(graph)
    assert ops(simple) == ["Mul"]
    same(graph, simple)


@pytest.mark.parametrize(("read", "c"), [("c x", 6.0), ("x x", 6.0), ("x c", 0.0), ("x c", 1e-42)])
def test_a_quotient_without_a_reciprocal_stays(make_graph, read, c):
    graph = make_graph(IMAGE, [(Sigmoid(), "x", "s"), (Div(), read, "y")], {"c": np.array(c, np.float32)}, ["s", "y"])
    assert simplify_arithmetic(graph) is graph
    assert len(refusals(graph, multiply)) == 1


@pytest.mark.parametrize("read", ["x c", "c x"])
@pytest.mark.parametrize("shape", [(), (1,), (2, 1, 1), (1, 2, 3, 4)])
def test_the_larger_or_smaller_of_a_value_and_a_number_is_a_clip(make_graph, same, ops, read, shape):
    rows = [(Max(), read, "a"), (Min(), "a d", "y")]
    graph = make_graph(IMAGE, rows, {"c": scalar(0, *shape), "d": scalar(6, *shape)})
    simple = simplify_arithmetic(graph)
    assert [node.op for node in simple.nodes] == [Clip(0.0, 6.0)]
    same(graph, simple)


@pytest.mark.parametrize("c", [np.array([[[1]], [[2]]], np.float32), scalar(1, 5, 1, 1, 1, 1)])
def test_different_numbers_and_those_with_more_axes_are_compared(make_graph, c):
    graph = make_graph(IMAGE, [(Max(), "x c", "y")], {"c": c})
    assert simplify_arithmetic(graph) is graph
    assert len(refusals(graph, clip)) == 1


@pytest.mark.parametrize("first", [Clip(-1.0, 4.0), Clip(high=9.0), Relu(), Clip(7.0, 8.0)])
@pytest.mark.parametrize("second", [Clip(0.0, 6.0), Relu(), Clip(high=-2.0)])
def test_two_clips_are_one(make_graph, same, ops, first, second):
    graph = make_graph(IMAGE, [(first, "x", "a"), (second, "a", "y")])
    simple = simplify_arithmetic(graph)
    assert len(simple.nodes) == 1
    same(graph, simple)


@pytest.mark.parametrize(("alpha", "found"), [(1.0, ["Sigmoid", "Mul"]), (1.7, ["Mul", "Sigmoid", "Mul"])])
def test_swish_is_a_product_with_a_sigmoid(make_graph, same, ops, alpha, found):
    graph = make_graph(IMAGE, [(Swish(alpha), "x", "y")])
    simple = simplify_arithmetic(graph)
    assert ops(simple) == found
    same(graph, simple)
