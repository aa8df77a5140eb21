"""Everything that cannot be read is said at once, and nothing that only follows from it."""

from __future__ import annotations

import json
from itertools import pairwise

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from edgeface.errors import OperatorError
from edgeface.graph.onnx_reader import read_onnx

NODE = helper.make_node
PLUGINS = [NODE("Plugin", ["x"], ["a"], name="first"), NODE("Plugin", ["a"], ["b"], name="second")]


def refusals(model):
    with pytest.raises(OperatorError) as caught:
        read_onnx(model)
    return caught.value


def test_nodes_of_all_kinds_are_listed_with_reason_and_remedy(onnx_bytes):
    nodes = [
        NODE("Relu", ["x"], ["a"]),
        NODE("Conv", ["a", "x"], ["b"], name="computed"),
        NODE("RoiAlign", ["a", "rois", "of"], ["c"], name="regions"),
        NODE("Cast", ["a"], ["wide"], to=TensorProto.DOUBLE, name="double"),
        NODE("Cast", ["wide"], ["d"], to=TensorProto.FLOAT),
    ]
    held = {"rois": np.zeros((1, 4), np.float32), "of": np.zeros(1, np.int64)}
    error = refusals(onnx_bytes(nodes, {"x": (1, 4, 6, 7)}, ["b", "c", "d"], held))
    assert [item.node for item in error.refusals] == ["computed", "regions", "double"]
    assert all(item.reason and item.remedy for item in error.refusals)
    assert error.what == "3 nodes are not supported"
    assert all(f"{item.op} ×1: {item.reason}" in str(error) for item in error.refusals)


def test_nodes_are_grouped_by_operator_and_reason_with_a_count(onnx_bytes):
    names = ["x", *(f"v{i}" for i in range(9)), "y"]
    nodes = [NODE("Sin", [a], [b], name=f"n_{a}") for a, b in pairwise(names)]
    said = str(refusals(onnx_bytes(nodes)))
    assert "Sin ×10" in said
    assert "'n_x', 'n_v0', 'n_v1' and 7 more" in said


def test_operators_without_a_schema_are_all_named_and_what_reads_them_is_not(onnx_bytes):
    nodes = [*PLUGINS, NODE("Relu", ["b"], ["c"]), NODE("Add", ["c", "x"], ["y"])]
    assert [item.node for item in refusals(onnx_bytes(nodes)).refusals] == ["first", "second"]


def test_what_follows_a_refused_node_is_read_where_its_shape_is_known(onnx_bytes):
    later = NODE("RoiAlign", ["b", "rois", "of"], ["y"], name="regions")
    held = {"rois": np.zeros((1, 4), np.float32), "of": np.zeros(1, np.int64)}
    nodes = [NODE("Sin", ["x"], ["a"], name="sine"), NODE("Relu", ["a"], ["b"]), later]
    assert [item.node for item in refusals(onnx_bytes(nodes, constants=held)).refusals] == ["sine", "regions"]


def test_what_no_output_needs_is_not_refused(onnx_bytes):
    graph = read_onnx(onnx_bytes([NODE("Relu", ["x"], ["y"]), *PLUGINS]))
    assert [type(node.op).__name__ for node in graph.nodes] == ["Relu"]


def test_an_input_that_is_no_float_is_listed_with_the_nodes(onnx_bytes):
    nodes = [NODE("DequantizeLinear", ["x", "scale"], ["y"], name="first")]
    model = onnx_bytes(nodes, constants={"scale": np.float32(0.1)}, dtype=TensorProto.UINT8)
    assert [item.op for item in refusals(model).refusals] == ["input"]


def test_a_single_refusal_reads_like_any_error(onnx_bytes):
    error = refusals(onnx_bytes([NODE("Plugin", ["x"], ["y"], name="mine")]))
    assert error.what == "the operator Plugin is not supported: ONNX does not define it"
    assert "node 'mine'" in (error.where or "")
    assert error.fix


def test_the_json_document_has_every_node(onnx_bytes):
    document = json.loads(json.dumps(refusals(onnx_bytes([*PLUGINS, NODE("Relu", ["b"], ["y"])])).as_dict()))
    assert document["error"] == "OperatorError"
    assert [item["node"] for item in document["refusals"]] == ["first", "second"]
    assert {"node", "op", "reason", "remedy"} == set(document["refusals"][0])


QUANTIZED = {
    "QLinearConv": ["q", "s", "z", "w", "s", "z", "s", "z"],
    "ConvInteger": ["q", "w"],
    "MatMulInteger": ["q", "flat"],
    "DynamicQuantizeLinear": ["x"],
}


@pytest.mark.parametrize("op_type", QUANTIZED)
def test_a_quantized_network_is_called_so(onnx_bytes, op_type):
    outputs = ["y", "scale", "zero"] if op_type == "DynamicQuantizeLinear" else ["y"]
    nodes = [NODE("QuantizeLinear", ["x", "s", "z"], ["q"]), NODE(op_type, QUANTIZED[op_type], outputs, name="it")]
    held = {"s": np.float32(0.1), "z": np.zeros((), np.uint8)}
    held |= {"w": np.zeros((4, 4, 1, 1), np.uint8), "flat": np.zeros((7, 7), np.uint8)}
    found = {item.node: item.reason for item in refusals(onnx_bytes(nodes, None, outputs, held)).refusals}
    assert found["it"] == "the network is already quantized"


def test_what_onnx_runtime_made_for_a_processor_has_a_remedy_of_its_own(onnx_bytes):
    model = onnx.load_from_string(onnx_bytes([NODE("Relu", ["x"], ["y"])]))
    model.graph.node[0].domain = "com.microsoft.nchwc"
    model.opset_import.append(helper.make_opsetid("com.microsoft.nchwc", 1))
    error = refusals(model.SerializeToString())
    assert "com.microsoft.nchwc" in error.what
    assert "before ONNX Runtime optimized it" in (error.fix or "")
