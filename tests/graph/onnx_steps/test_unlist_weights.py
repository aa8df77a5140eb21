"""Weights that a file of IR 3 lists as inputs are constants again, and nothing else changes."""

from __future__ import annotations

import numpy as np
from onnx import TensorProto, checker, helper, numpy_helper

from edgeface.backends.onnx.runner import OrtRunner
from edgeface.graph.onnx_steps.unlist_weights import unlist_weights


def test_only_listed_weights_leave_the_inputs():
    weight = numpy_helper.from_array(np.ones((2, 2), np.float32), "w")
    shown = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [2, 2]) for name in ("x", "w", "y")]
    node = helper.make_node("MatMul", ["x", "w"], ["y"])
    graph = helper.make_graph([node], "g", shown[:2], shown[2:], [weight])
    model = unlist_weights(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 11)], ir_version=3))
    assert [value.name for value in model.graph.input] == ["x"]
    checker.check_model(model)
    found = OrtRunner(model.SerializeToString()).run({"x": np.eye(2, dtype=np.float32)})
    assert found["y"].tolist() == [[1, 1], [1, 1]]
    before = model.SerializeToString()
    assert unlist_weights(model).SerializeToString() == before
