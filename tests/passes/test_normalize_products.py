from __future__ import annotations

import pytest

from edgeface.graph.ops.matmul import GeneralGemm, MatMul
from edgeface.graph.rewrite import refusals
from edgeface.passes.normalize_products import normalize_products, turn_constant_left


@pytest.mark.parametrize(
    ("inputs", "weights", "left"),
    [
        ({"x": (4, 2)}, {"w": (5, 4), "c": (5,)}, ["Transpose", "Gemm", "Add"]),
        ({"x": (4, 2), "w": (5, 4)}, {"c": (2, 1)}, ["Transpose", "Transpose", "MatMul", "Mul", "Add"]),
        ({"x": (4, 2), "w": (5, 4), "c": (1, 5)}, {}, ["Transpose", "Transpose", "MatMul", "Mul", "Mul", "Add"]),
    ],
)
def test_a_general_gemm_becomes_products_of_the_graph(make_graph, normal, same, ops, inputs, weights, left):
    constants = {name: normal(*shape) for name, shape in weights.items()}
    graph = make_graph(inputs, [(GeneralGemm(0.5, -2.0, 1, 1), "x w c", "y")], constants)
    normalized = normalize_products(graph)
    assert sorted(ops(normalized)) == sorted(left)
    same(graph, normalized)


@pytest.mark.parametrize("shape", [(6, 3), (2, 6, 3), (1, 2, 6, 3)])
def test_a_constant_matrix_on_the_left_becomes_the_weight_of_a_gemm(make_graph, normal, same, ops, shape):
    graph = make_graph({"x": shape}, [(MatMul(), "w x", "y")], {"w": normal(5, 6)})
    normalized = normalize_products(graph)
    assert ops(normalized) == ["Transpose", "Gemm", "Transpose"]
    same(graph, normalized)


def test_a_product_of_computed_values_and_one_matrix_for_each_image_stay(make_graph, normal):
    graph = make_graph({"x": (2, 3, 3)}, [(MatMul(), "x x", "a"), (MatMul(), "w a", "y")], {"w": normal(2, 5, 3)})
    assert normalize_products(graph) is graph
    assert [node.output for node, _ in refusals(graph, turn_constant_left)] == ["y"]
