from __future__ import annotations

import numpy as np
import pytest

from edgeface.graph.ops.activations import Relu
from edgeface.graph.ops.arithmetic import Add, Div, Mul, Sub
from edgeface.graph.ops.conv import Gemm
from edgeface.graph.rewrite import refusals
from edgeface.passes.fold_product_factors import fold, fold_product_factors

ROWS = {"x": (1, 3, 4)}


@pytest.mark.parametrize("number", [(), (5,), (1, 1, 5), (1,)])
@pytest.mark.parametrize(
    ("op", "inputs"), [(Add(), "a c"), (Add(), "c a"), (Sub(), "a c"), (Mul(), "c a"), (Div(), "a c")]
)
@pytest.mark.parametrize("bias", ["", " b"])
def test_what_follows_a_product_for_each_output_is_folded(make_graph, normal, same, ops, number, op, inputs, bias):
    constants = {"w": normal(5, 4), "b": normal(5), "c": normal(*number, seed=3)}
    graph = make_graph(ROWS, [(Gemm(), f"x w{bias}", "a"), (op, inputs, "y")], constants)
    folded = fold_product_factors(graph)
    assert ops(folded) == ["Gemm"]
    same(graph, folded)


@pytest.mark.parametrize(
    ("rows", "constants", "outputs"),
    [
        ([(Gemm(), "x w", "a"), (Add(), "a c", "y")], {"c": (3, 1)}, None),
        ([(Gemm(), "x w", "a"), (Add(), "a c", "y")], {"c": (2, 3, 5)}, None),
        ([(Gemm(), "x w", "a"), (Sub(), "c a", "y")], {"c": (5,)}, None),
        ([(Gemm(), "x w", "a"), (Div(), "c a", "y")], {"c": (5,)}, None),
        ([(Gemm("relu"), "x w", "a"), (Add(), "a c", "y")], {"c": (5,)}, None),
        ([(Gemm(), "x w", "a"), (Add(), "a c", "b"), (Relu(), "b", "y")], {"c": (5,)}, ["y", "a"]),
    ],
)
def test_what_differs_by_row_or_is_not_linear_in_the_product_stays(make_graph, normal, rows, constants, outputs):
    held = {"w": normal(5, 4), **{name: normal(*shape) for name, shape in constants.items()}}
    graph = make_graph(ROWS, rows, held, outputs)
    assert fold_product_factors(graph) is graph
    assert refusals(graph, fold)


def test_a_divisor_of_zero_stays_where_it_is(make_graph, normal):
    constants = {"w": normal(5, 4), "c": np.array([1, 2, 0, 3, 4], np.float32)}
    graph = make_graph(ROWS, [(Gemm(), "x w", "a"), (Div(), "a c", "y")], constants)
    assert fold_product_factors(graph) is graph
