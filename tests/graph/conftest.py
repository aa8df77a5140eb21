from __future__ import annotations

import numpy as np
import pytest


@pytest.fixture
def onnx_bytes():
    """An ONNX model of nodes: `(nodes, inputs={name: shape}, outputs=[…], constants={name: array}, opset=17)`."""
    from onnx import TensorProto, helper, numpy_helper, shape_inference

    def build(nodes, inputs=None, outputs=("y",), constants=None, opset=17, dtype=TensorProto.FLOAT):
        given = [helper.make_tensor_value_info(n, dtype, s) for n, s in (inputs or {"x": (1, 4, 6, 7)}).items()]
        made = [helper.make_empty_tensor_value_info(n) for n in outputs]
        held = [numpy_helper.from_array(np.asarray(a), n) for n, a in (constants or {}).items()]
        graph = helper.make_graph(nodes, "model", given, made, held)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
        return shape_inference.infer_shapes(model).SerializeToString()

    return build
