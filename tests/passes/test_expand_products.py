from __future__ import annotations

import numpy as np
import onnxruntime
import pytest
from onnx import TensorProto, helper

from edgeface.errors import GraphError
from edgeface.graph.onnx_reader import read_onnx
from edgeface.graph.onnx_writer import write_onnx
from edgeface.graph.ops.arithmetic import Add
from edgeface.graph.ops.shape import Reshape, Transpose
from edgeface.passes import run_passes
from edgeface.passes.expand_products import expand_products

HEADS = {"q_num_heads": 2, "kv_num_heads": 2}


def model(op_type, inputs, result, opset, constants=None, **attributes):
    """A model of one node, whose inputs are all given, and its result's shape."""
    held = {name: np.asarray(data) for name, data in (constants or {}).items()}
    tensors = [helper.make_tensor(n, TensorProto.FLOAT, inputs[n], data) for n, data in held.items()]
    values = [helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in inputs.items() if n not in held]
    made = [helper.make_tensor_value_info("y", TensorProto.FLOAT, result)]
    nodes = [helper.make_node(op_type, list(inputs), ["y"], name="n", **attributes)]
    graph = helper.make_graph(nodes, "g", values, made, tensors)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=10).SerializeToString()


def run(data, feeds):
    return onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"]).run(None, feeds)[0]


def same(data, left):
    graph = run_passes(read_onnx(data))
    kinds = {type(node.op).__name__ for node in graph.nodes}
    assert left <= kinds
    assert not kinds & {"Attention", "Einsum"}
    random = np.random.default_rng(0)
    feeds = {name: random.normal(size=graph.type(name).shape).astype(np.float32) for name in graph.inputs}
    np.testing.assert_allclose(run(write_onnx(graph), feeds), run(data, feeds), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("shapes", "attributes"),
    [
        ({"q": (1, 5, 8), "k": (1, 7, 8), "v": (1, 7, 6)}, HEADS),
        ({"q": (1, 2, 5, 4), "k": (1, 2, 7, 4), "v": (1, 2, 7, 3)}, {"scale": 0.3}),
        ({"q": (1, 5, 8), "k": (1, 5, 8), "v": (1, 5, 8)}, {**HEADS, "is_causal": 1}),
        ({"q": (1, 2, 5, 4), "k": (1, 2, 7, 4), "v": (1, 2, 7, 3), "mask": (5, 7)}, {"softcap": 2.0}),
    ],
)
def test_attention_becomes_products_and_a_softmax(shapes, attributes):
    result = (*shapes["q"][:-1], shapes["v"][-1])
    same(model("Attention", shapes, result, 23, **attributes), {"MatMul", "Softmax"})


@pytest.mark.parametrize(
    ("shapes", "attributes", "says"),
    [
        ({"q": (1, 5, 8), "k": (1, 7, 4), "v": (1, 7, 4)}, {"q_num_heads": 2, "kv_num_heads": 1}, "share keys"),
        ({"q": (1, 2, 5, 4), "k": (1, 1, 7, 4), "v": (1, 1, 7, 3)}, {}, "share keys"),
    ],
)
def test_heads_that_share_keys_are_refused_by_node(shapes, attributes, says):
    with pytest.raises(GraphError, match=says) as caught:
        read_onnx(model("Attention", shapes, (*shapes["q"][:-1], 6), 23, **attributes))
    assert "'n'" in f"{caught.value}"


@pytest.mark.parametrize(
    ("equation", "shapes", "result", "left"),
    [
        ("bhqd,bhkd->bhqk", [(1, 2, 3, 4), (1, 2, 5, 4)], (1, 2, 3, 5), {"MatMul"}),
        ("bqhd,bkhd->bhqk", [(1, 3, 2, 4), (1, 5, 2, 4)], (1, 2, 3, 5), {"MatMul"}),
        ("bhqk, bkhd -> bqhd", [(1, 2, 3, 5), (1, 5, 2, 4)], (1, 3, 2, 4), {"MatMul"}),
        ("...ij,...jk", [(2, 3, 4), (2, 4, 5)], (2, 3, 5), {"MatMul"}),
        ("bchw,bcd->bdhw", [(1, 4, 2, 3), (1, 4, 5)], (1, 5, 2, 3), {"MatMul"}),
        ("bchw->bhwc", [(1, 4, 2, 3)], (1, 2, 3, 4), {"Transpose"}),
    ],
)
def test_a_sum_of_products_becomes_a_matrix_product(equation, shapes, result, left):
    inputs = {f"x{i}": shape for i, shape in enumerate(shapes)}
    same(model("Einsum", inputs, result, 13, equation=equation), left)


def test_a_sum_of_products_by_a_constant_becomes_a_gemm():
    inputs = {"x": (1, 4, 2, 3), "w": (4, 5)}
    weights = {"w": np.random.default_rng(1).normal(size=20)}
    same(model("Einsum", inputs, (1, 5, 2, 3), 13, weights, equation="bchw,cd->bdhw"), {"Gemm"})


@pytest.mark.parametrize(("equation", "shapes"), [("ij,k->ij", [(2, 3), (4,)]), ("i,i,i->i", [(2,)] * 3)])
def test_other_sums_are_refused(equation, shapes):
    inputs = {f"x{i}": shape for i, shape in enumerate(shapes)}
    with pytest.raises(GraphError, match="Einsum"):
        read_onnx(model("Einsum", inputs, shapes[0], 13, equation=equation))


def test_constants_are_turned_where_they_are(make_graph, normal, ops, evaluate):
    rows = [(Transpose((1, 0)), "c", "t"), (Reshape((1, 2, 3)), "t", "r"), (Add(), "x r", "y")]
    graph = make_graph({"x": (1, 2, 3)}, rows, {"c": normal(3, 2)})
    expanded = expand_products(graph)
    assert ops(expanded) == ["Add"]
    feed = {"x": normal(1, 2, 3, seed=1)}
    np.testing.assert_array_equal(evaluate(expanded, feed)["y"], evaluate(graph, feed)["y"])
