"""Normalizations from their ONNX forms to the graph and back: the same numbers in ONNX Runtime."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from edgeface.backends.onnx.runner import OrtRunner
from edgeface.errors import GraphError
from edgeface.graph.onnx_reader import read_onnx
from edgeface.graph.onnx_writer import write_onnx

IMAGE = (2, 6, 3, 5)


@pytest.mark.parametrize(
    ("op_type", "constants", "opset", "attributes", "kinds"),
    [
        ("LayerNormalization", [(5,), (5,)], 17, {"epsilon": 1e-3}, ["LayerNorm", "Mul", "Add"]),
        ("LayerNormalization", [(3, 5)], 17, {"axis": 2}, ["LayerNorm", "Mul"]),
        ("InstanceNormalization", [(6,), (6,)], 13, {}, ["LayerNorm", "Mul", "Add"]),
        ("GroupNormalization", [(6,), (6,)], 21, {"num_groups": 3}, ["GroupNorm", "Mul", "Add"]),
        ("RMSNormalization", [(3, 5)], 23, {"axis": -2}, ["RmsNorm", "Mul"]),
    ],
)
def test_a_normalization_and_its_scale_are_read(onnx_bytes, normal, op_type, constants, opset, attributes, kinds):
    held = {f"c{i}": normal(*shape, seed=i) for i, shape in enumerate(constants)}
    node = helper.make_node(op_type, ["x", *held], ["y"], **attributes)
    proto = onnx.load_from_string(onnx_bytes([node], {"x": IMAGE}, constants=held, opset=opset))
    proto.graph.output[0].CopyFrom(helper.make_tensor_value_info("y", TensorProto.FLOAT, IMAGE))
    model = proto.SerializeToString()
    graph = read_onnx(model)
    assert [type(n.op).__name__ for n in graph.nodes] == kinds
    x = normal(*IMAGE, seed=5) + 2
    expected, found = (OrtRunner(m, optimize=False).run({"x": x})["y"] for m in (model, write_onnx(graph)))
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def test_a_scale_that_changes_nothing_is_left_out(onnx_bytes):
    node = helper.make_node("LayerNormalization", ["x", "one", "zero"], ["y"])
    held = {"one": np.ones(5, np.float32), "zero": np.zeros(5, np.float32)}
    graph = read_onnx(onnx_bytes([node], {"x": IMAGE}, constants=held))
    assert [type(n.op).__name__ for n in graph.nodes] == ["LayerNorm"]


def test_a_computed_scale_is_refused(onnx_bytes):
    node = helper.make_node("LayerNormalization", ["x", "s"], ["y"], name="norm")
    with pytest.raises(GraphError, match="constant scale") as caught:
        read_onnx(onnx_bytes([node], {"x": IMAGE, "s": (5,)}))
    assert "norm" in f"{caught.value}"
