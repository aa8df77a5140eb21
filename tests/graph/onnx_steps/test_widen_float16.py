from __future__ import annotations

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

from edgeface.graph.onnx_steps.walk import graphs_of
from edgeface.graph.onnx_steps.widen_float16 import widen_float16
from tests.graph.onnx_steps.models import branch, copy_of, model

HALF = {"w": np.linspace(-1, 1, 4, dtype=np.float16).reshape(4, 1, 1)}
FP16, FP32 = TensorProto.FLOAT16, TensorProto.FLOAT


def constant(output, value):
    return helper.make_node("Constant", [], [output], value=numpy_helper.from_array(np.array(value, np.float16)))


def inside():
    nodes = [
        helper.make_node("Cast", ["x"], ["a"], to=FP16),
        helper.make_node("Mul", ["a", "w"], ["b"]),
        helper.make_node("Cast", ["b"], ["y"], to=FP32),
    ]
    return model(nodes, {"y": FP32}, HALF)


def throughout():
    nodes = [
        constant("two", 2),
        helper.make_node("Mul", ["x", "w"], ["b"]),
        helper.make_node("Add", ["b", "two"], ["y"]),
    ]
    return model(nodes, {"y": FP16}, HALF, kind=FP16)


def in_a_branch():
    held = {key: branch(key, [constant(key, value)], key) for key, value in (("then", 1), ("else", 2))}
    for graph in held.values():
        graph.output[0].type.tensor_type.elem_type = FP16
    nodes = [
        helper.make_node("If", ["choice"], ["a"], then_branch=held["then"], else_branch=held["else"]),
        helper.make_node("Add", ["x", "a"], ["y"]),
    ]
    return model(nodes, {"y": FP16}, {"choice": np.array(False)}, kind=FP16)


@pytest.mark.parametrize("build", [inside, throughout, in_a_branch])
def test_what_is_computed_in_16_bits_is_computed_in_32(build, same, image):
    before = build()
    after = widen_float16(copy_of(before), "here")
    given = before.graph.input[0].type.tensor_type.elem_type
    same(before, after, {"x": image.astype(np.float16 if given == FP16 else np.float32)}, tolerance=4e-3)
    graphs = list(graphs_of(after.graph))
    assert not [t for g in graphs for t in g.initializer if t.data_type == FP16]
    assert not [v for g in graphs for v in (*g.input, *g.output) if v.type.tensor_type.elem_type == FP16]


def test_bfloat16_is_widened_too():
    tensor = helper.make_tensor("w", TensorProto.BFLOAT16, [2], [1.5, -2])
    proto = model([helper.make_node("Mul", ["x", "w"], ["y"])], {"y": FP32})
    proto.graph.initializer.append(tensor)
    widened = widen_float16(proto, "here").graph.initializer[0]
    np.testing.assert_array_equal(numpy_helper.to_array(widened), np.array([1.5, -2], np.float32))


def test_a_model_without_16_bits_stays_as_it_is():
    before = model([helper.make_node("Cast", ["x"], ["y"], to=TensorProto.INT32)], {"y": TensorProto.INT32})
    assert widen_float16(copy_of(before), "here") == before
