from __future__ import annotations

import numpy as np
import pytest

from edgeface.graph.ops.activations import PRelu, Relu
from edgeface.graph.ops.arithmetic import Add, Mul
from edgeface.graph.ops.conv import Conv
from edgeface.graph.rewrite import refusals
from edgeface.passes import run_passes
from edgeface.passes.decompose_prelu import decompose, decompose_prelu
from edgeface.passes.normalize_prelu_slopes import normalize_prelu_slopes

IMAGE = (1, 3, 6, 5)
GENTLE = np.array([0.25, -0.5, 0.0, 0.99], np.float32).reshape(4, 1, 1)
STEEP = np.array([0.25, 1.5, -1.2, 4.0], np.float32).reshape(4, 1, 1)


@pytest.fixture
def between_convolutions(make_graph, normal):
    """Convolution → PReLU → two readers, dense and depthwise."""

    def make(slope):
        rows = [
            (Conv(), "x w0 b0", "a"),
            (PRelu(), "a s", "p"),
            (Conv(), "p w1", "y"),
            (Conv(groups=4, pads=(1, 1, 1, 1)), "p w2 b2", "z"),
        ]
        constants = {"w0": normal(4, 3, 1, 1), "b0": normal(4), "s": slope, "w1": normal(2, 4, 1, 1)}
        constants |= {"w2": normal(4, 1, 3, 3, seed=1), "b2": normal(4, seed=1)}
        return make_graph({"x": IMAGE}, rows, constants, ["y", "z"])

    return make


def kinds(graph):
    return [type(node.op) for node in graph.nodes]


@pytest.mark.parametrize("slope", [GENTLE, STEEP, np.array([0.3], np.float32).reshape(1, 1, 1)])
def test_the_decomposed_network_computes_the_same(between_convolutions, evaluate, normal, slope):
    graph = between_convolutions(slope)
    decomposed = decompose_prelu(graph)
    feeds = {"x": normal(*IMAGE, seed=2, scale=3)}
    before, after = evaluate(graph, feeds), evaluate(decomposed, feeds)
    for name in graph.outputs:
        np.testing.assert_allclose(after[name], before[name], atol=2e-5)


def test_a_prelu_becomes_one_product_and_one_sum(between_convolutions):
    decomposed = decompose_prelu(normalize_prelu_slopes(between_convolutions(STEEP)))
    assert sorted(kind.__name__ for kind in kinds(decomposed)) == ["Add", "Conv", "Conv", "Conv", "Mul"]
    assert next(node for node in decomposed.nodes if isinstance(node.op, Mul)).op == Mul("relu")


def test_slopes_that_stayed_steep_cost_one_product_more(between_convolutions):
    decomposed = decompose_prelu(between_convolutions(STEEP))
    assert kinds(decomposed).count(Mul) == 2


def test_a_steep_slope_between_other_ops_costs_one_product_more(make_graph, evaluate, normal):
    graph = make_graph({"x": (1, 4, 6, 5)}, [(PRelu(), "x s", "p"), (Relu(), "p", "y")], {"s": STEEP})
    decomposed = decompose_prelu(graph)
    assert kinds(decomposed).count(Mul) == 2
    feeds = {"x": normal(1, 4, 6, 5, scale=3)}
    np.testing.assert_allclose(evaluate(decomposed, feeds)["y"], evaluate(graph, feeds)["y"], atol=1e-5)


def test_what_is_computed_in_float_stays_a_prelu(between_convolutions):
    graph = between_convolutions(GENTLE)
    assert kinds(decompose_prelu(graph, {"p"})) == kinds(graph)


@pytest.mark.parametrize("shape", [(1, 4, 6, 4), (1, 4)])
def test_one_slope_for_all_channels_is_decomposed_for_images_and_rows(make_graph, evaluate, normal, shape):
    graph = make_graph({"x": shape}, [(PRelu(), "x s", "y")], {"s": np.array([0.3], np.float32)})
    decomposed = run_passes(graph, (decompose_prelu,))
    feeds = {"x": normal(*shape, scale=3)}
    np.testing.assert_allclose(evaluate(decomposed, feeds)["y"], evaluate(graph, feeds)["y"], atol=1e-6)


def test_slopes_that_are_computed_or_differ_by_column_are_refused(make_graph):
    computed = make_graph({"x": (1, 4, 6, 5), "t": (4, 1, 1)}, [(Relu(), "t", "s"), (PRelu(), "x s", "y")])
    columns = make_graph({"x": (1, 4, 6, 4)}, [(PRelu(), "x s", "y")], {"s": GENTLE.ravel()})
    for graph in (computed, columns):
        assert [reason for _, reason in refusals(graph, decompose)] == ["its slopes are not one constant per channel"]
        assert PRelu in kinds(decompose_prelu(graph))


def test_a_vector_is_decomposed_too(make_graph, evaluate, normal):
    graph = make_graph({"x": (1, 4)}, [(PRelu(), "x s", "y")], {"s": GENTLE.ravel()})
    feeds = {"x": normal(1, 4, scale=3)}
    decomposed = decompose_prelu(graph)
    assert kinds(decomposed) == [Mul, Add]
    np.testing.assert_allclose(evaluate(decomposed, feeds)["y"], evaluate(graph, feeds)["y"], atol=1e-6)
