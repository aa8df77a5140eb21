"""Small ONNX models for the tests of steps, written by hand so that no step has touched them."""

from __future__ import annotations

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

SHAPE = (1, 4, 6, 5)


def model(nodes, outputs, constants=None, *, inputs=None, opset=17, domains=(), functions=(), kind=TensorProto.FLOAT):
    """A model of an input `x`; its outputs say no shape."""
    given = inputs or {"x": (kind, SHAPE)}
    graph = helper.make_graph(
        nodes,
        "model",
        [helper.make_tensor_value_info(name, dtype, shape) for name, (dtype, shape) in given.items()],
        [helper.make_tensor_value_info(n, d, None) for n, d in outputs.items()],
        [numpy_helper.from_array(np.asarray(a), n) for n, a in (constants or {}).items()],
    )
    imports = [helper.make_opsetid("", opset), *(helper.make_opsetid(domain, 1) for domain in domains)]
    return helper.make_model(graph, opset_imports=imports, functions=functions, ir_version=9)


def copy_of(proto):
    """The same model once more, for a step that changes it in place."""
    return onnx.ModelProto.FromString(proto.SerializeToString())


def kinds(proto):
    """The types of a model's nodes, in order."""
    return [node.op_type for node in proto.graph.node]


def branch(name, nodes, output):
    """A graph for a branch, whose output says no shape."""
    return helper.make_graph(nodes, name, [], [helper.make_tensor_value_info(output, TensorProto.FLOAT, None)])
