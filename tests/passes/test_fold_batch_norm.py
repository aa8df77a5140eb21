from __future__ import annotations

import numpy as np
import pytest

from edgeface.graph.ops.activations import LeakyRelu, Relu, Sigmoid
from edgeface.graph.ops.arithmetic import Add
from edgeface.graph.ops.batch_norm import BatchNorm
from edgeface.graph.ops.conv import Conv, Gemm
from edgeface.graph.ops.conv_transpose import ConvTranspose
from edgeface.graph.rewrite import refusals
from edgeface.passes.fold_batch_norm import fold, fold_batch_norm, fold_depthwise

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
    assert "'a' has other readers" in [reason for _, reason in refusals(graph, fold)]
    spelt = fold_batch_norm(graph)
    assert {"Mul", "Add"} <= set(ops(spelt))
    same(graph, spelt)


@pytest.mark.parametrize("before", [Relu(), Add()])
def test_it_is_decomposed_after_other_ops(make_graph, normal, statistics, same, ops, before):
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


def block(make_graph, normal, statistics, activation, *more, outputs=None):
    rows = [
        (Conv(groups=4, pads=(1, 1, 1, 1)), "x w", "a"),
        (BatchNorm(), "a gamma beta mean variance", "n"),
        (activation, "n", "l"),
        (Conv(), "l p", "y"),
        *more,
    ]
    constants = {"w": normal(4, 1, 3, 3), "p": normal(3, 4, 1, 1), **statistics(4)}
    return make_graph(IMAGE, rows, constants, outputs or ["y"])


def test_a_depthwise_filter_keeps_its_digits_and_the_next_convolution_takes_the_rest(
    make_graph, normal, statistics, same
):
    graph = block(make_graph, normal, statistics, Relu())
    graph = graph.rebuild(constants={"gamma": np.array([0.3, -0.7, 1.9, 0.05], np.float32)})
    folded = fold_batch_norm(graph)
    same(graph, folded)
    before, after = graph.constants["w"], folded.constants[folded.producers["n"].inputs[1]]
    ratio = (after.astype(np.float64) / before)[:, 0, 0, 0]
    positive = graph.constants["gamma"] > 0
    np.testing.assert_array_equal(np.frexp(ratio[positive])[0], 0.5)


@pytest.mark.parametrize(
    ("activation", "more", "outputs"),
    [
        pytest.param(Sigmoid(), [], None, id="a sigmoid does not carry factors"),
        pytest.param(Relu(), [(Sigmoid(), "l", "z")], ["y", "z"], id="something else reads the activation"),
        pytest.param(Relu(), [(Sigmoid(), "n", "z")], ["y", "z"], id="something else reads the norm"),
        pytest.param(Relu(), [], ["y", "l"], id="the activation is an output"),
    ],
)
def test_nothing_is_carried_where_that_would_change_another_value(
    make_graph, normal, statistics, same, activation, more, outputs
):
    graph = block(make_graph, normal, statistics, activation, *more, outputs=outputs)
    assert refusals(graph, fold_depthwise)
    folded = fold_batch_norm(graph)
    assert folded.producers["y"].inputs[1] == "p"
    same(graph, folded)


@pytest.mark.parametrize("groups", [1, 2])
def test_batch_norm_folds_into_a_transposed_convolution(make_graph, normal, same, ops, groups):
    constants = {
        "w": normal(4, 6 // groups, 3, 3),
        "b": normal(6),
        **{n: normal(6, seed=i) for i, n in enumerate("gom")},
    }
    constants["v"] = np.abs(normal(6, seed=9)) + 0.5
    rows = [(ConvTranspose((2, 2), groups=groups), "x w b", "a"), (BatchNorm(), "a g o m v", "y")]
    graph = make_graph({"x": (1, 4, 3, 5)}, rows, constants)
    folded = fold_batch_norm(graph)
    assert ops(folded) == ["ConvTranspose"]
    same(graph, folded)
