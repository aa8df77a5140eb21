from __future__ import annotations

import numpy as np
import pytest

from edgeface.graph.ops.activations import LeakyRelu, Relu
from edgeface.graph.ops.arithmetic import Add
from edgeface.graph.ops.batch_norm import BatchNorm
from edgeface.graph.ops.conv import Conv, Gemm
from edgeface.graph.rewrite import refusals
from edgeface.passes.fold_batch_norm import fold, fold_batch_norm

IMAGE = {"x": (1, 4, 6, 5)}
NORM = (BatchNorm(1e-3), "a gamma beta mean variance", "y")


@pytest.fixture
def statistics(normal):
    def draw(channels):
        variance = np.abs(normal(channels, seed=4)) + 0.01
        names = {"gamma": normal(channels, seed=1), "beta": normal(channels, seed=2), "mean": normal(channels, seed=3)}
        return {**names, "variance": variance}

    return draw


@pytest.mark.parametrize("bias", ["", " b"])
@pytest.mark.parametrize(("groups", "weight"), [(1, (6, 4, 3, 3)), (4, (4, 1, 3, 3)), (4, (8, 1, 3, 3))])
def test_it_folds_into_the_convolution_before_it(make_graph, normal, statistics, same, ops, groups, weight, bias):
    constants = {"w": normal(*weight), "b": normal(weight[0]), **statistics(weight[0])}
    graph = make_graph(IMAGE, [(Conv(groups=groups), "x w" + bias, "a"), NORM], constants)
    folded = fold_batch_norm(graph)
    assert ops(folded) == ["Conv"]
    same(graph, folded)


def test_it_folds_into_a_matrix_product(make_graph, normal, statistics, same, ops):
    graph = make_graph({"x": (2, 5)}, [(Gemm(), "x w", "a"), NORM], {"w": normal(3, 5), **statistics(3)})
    folded = fold_batch_norm(graph)
    assert ops(folded) == ["Gemm"]
    same(graph, folded)


def test_a_separable_block_is_folded(make_graph, normal, statistics, same, ops):
    rows = [
        (Conv(groups=4, pads=(1, 1, 1, 1)), "x w", "a"),
        (BatchNorm(), "a gamma beta mean variance", "n"),
        (LeakyRelu(alpha=0.1), "n", "l"),
        (Conv(), "l p", "q"),
        (BatchNorm(), "q gamma beta mean variance", "y"),
    ]
    constants = {"w": normal(4, 1, 3, 3), "p": normal(4, 4, 1, 1), **statistics(4)}
    graph = make_graph(IMAGE, rows, constants)
    folded = fold_batch_norm(graph)
    assert ops(folded) == ["Conv", "LeakyRelu", "Conv"]
    same(graph, folded)


def test_a_weight_shared_by_another_convolution_is_not_changed(make_graph, normal, statistics, same):
    rows = [(Conv(), "x w", "a"), NORM, (Conv(), "x w", "z")]
    graph = make_graph(IMAGE, rows, {"w": normal(4, 4, 1, 1), **statistics(4)}, ["y", "z"])
    same(graph, fold_batch_norm(graph))


@pytest.mark.parametrize("outputs", [["y", "a"], ["y", "z"]])
def test_a_convolution_that_is_read_elsewhere_keeps_a_product_and_a_sum(
    make_graph, normal, statistics, same, ops, outputs
):
    rows = [(Conv(), "x w", "a"), NORM, (Relu(), "a", "z")]
    graph = make_graph(IMAGE, rows, {"w": normal(4, 4, 1, 1), **statistics(4)}, outputs)
    assert "'a' is also read elsewhere" in [reason for _, reason in refusals(graph, fold)]
    spelt = fold_batch_norm(graph)
    assert {"Mul", "Add"} <= set(ops(spelt))
    same(graph, spelt)


@pytest.mark.parametrize("before", [Relu(), Add()])
def test_it_is_spelt_out_after_anything_else(make_graph, normal, statistics, same, ops, before):
    read = "x x" if isinstance(before, Add) else "x"
    graph = make_graph(IMAGE, [(before, read, "a"), NORM], statistics(4))
    spelt = fold_batch_norm(graph)
    assert ops(spelt)[-2:] == ["Mul", "Add"]
    same(graph, spelt)


def test_a_fused_activation_between_is_not_folded_over(make_graph, normal, statistics, same, ops):
    rows = [(Conv(activation="relu"), "x w", "a"), NORM]
    graph = make_graph(IMAGE, rows, {"w": normal(4, 4, 1, 1), **statistics(4)})
    spelt = fold_batch_norm(graph)
    assert ops(spelt) == ["Conv", "Mul", "Add"]
    same(graph, spelt)
