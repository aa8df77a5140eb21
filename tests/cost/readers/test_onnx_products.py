"""Products that one operator holds count as those of MatMul in its place."""

from __future__ import annotations

import pytest

from edgeface.cost.counter import count
from edgeface.cost.readers.onnx_network import read_onnx_network
from edgeface.cost.work import Dense, MatrixProduct, Uncounted
from edgeface.errors import GraphError


def read(model):
    return read_onnx_network(model.SerializeToString(), "sketch")


def works(model):
    return [layer.work for layer in read(model).layers]


@pytest.mark.parametrize(
    ("shapes", "heads", "macs"),
    [
        (((1, 2, 7, 5), (1, 2, 9, 5), (1, 2, 9, 3)), {}, 2 * 7 * 9 * (5 + 3)),
        (((1, 7, 10), (1, 9, 10), (1, 9, 6)), {"q_num_heads": 2, "kv_num_heads": 2}, 2 * 7 * 9 * (5 + 3)),
        (((1, 7, 20), (1, 9, 10), (1, 9, 6)), {"q_num_heads": 4, "kv_num_heads": 2}, 4 * 7 * 9 * (5 + 3)),
    ],
)
def test_attention_counts_both_of_its_products(build_onnx, node, shapes, heads, macs):
    q, k, v = shapes
    model = build_onnx(node("Attention x k v -> y", **heads), x=q, inputs={"k": k, "v": v}, opset=23)
    assert works(model) == [MatrixProduct(macs)]
    assert count(read(model)).lfr_flops == 0


@pytest.mark.parametrize(
    ("equation", "x", "other", "macs"),
    [
        ("bij,bjk->bik", (1, 7, 5), (1, 5, 3), 7 * 5 * 3),
        ("bij,bkj->bik", (1, 7, 5), (1, 3, 5), 7 * 5 * 3),
        ("bhij, bhjk -> bhik", (1, 2, 7, 5), (1, 2, 5, 3), 2 * 7 * 5 * 3),
        ("bi,bi->b", (1, 7), (1, 7), 7),
        ("bij,bjk", (1, 7, 5), (1, 5, 3), 7 * 5 * 3),
    ],
)
def test_an_einsum_of_two_computed_tensors_is_a_matrix_product(build_onnx, node, equation, x, other, macs):
    model = build_onnx(node("Einsum x o -> y", equation=equation), "Relu u -> o", x=x, inputs={"u": other})
    assert works(model)[-1] == MatrixProduct(macs)


WEIGHTED = {
    "bij,jk->bik": ((5, 3), Dense(5, 3, 7)),
    "bij,kj->bik": ((3, 5), Dense(5, 3, 7)),
    "bij,j->bi": ((5,), Dense(5, 1, 7)),
}


@pytest.mark.parametrize("equation", WEIGHTED)
def test_an_einsum_with_weights_is_a_dense_layer(build_onnx, node, equation):
    weight, dense = WEIGHTED[equation]
    model = build_onnx(node("Einsum x w -> y", equation=equation), x=(1, 7, 5), w=weight)
    assert works(model) == [dense]
    assert count(read(model)).parameters == 5 * dense.out_features


def test_an_einsum_of_one_operand_has_no_products(build_onnx, node):
    assert works(build_onnx(node("Einsum x -> y", equation="bij->bji"), x=(1, 7, 5))) == [Uncounted("reduce")]


@pytest.mark.parametrize(
    ("equation", "says"), [("...ij,jk->...ik", "is unknown"), ("bij,jk,kl->bil", "is unknown"), ("bij,ik->bjk", "fit")]
)
def test_an_equation_that_cannot_be_counted_is_refused(build_onnx, node, equation, says):
    inputs = "x w" if equation.count(",") == 1 else "x w w"
    with pytest.raises(GraphError, match=says):
        read(build_onnx(node(f"Einsum {inputs} -> y", equation=equation), x=(1, 7, 5), w=(5, 5)))
