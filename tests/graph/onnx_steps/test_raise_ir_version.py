from __future__ import annotations

import numpy as np
import pytest
from onnx import TensorProto, checker, helper

from edgeface.graph.onnx_steps.prepare import prepare
from edgeface.graph.onnx_steps.raise_ir_version import raise_ir_version
from tests.graph.onnx_steps.models import copy_of, model

FLOAT = TensorProto.FLOAT


def of_version(version, *listed):
    inputs = {"x": (FLOAT, (1, 3)), **dict.fromkeys(listed, (FLOAT, (3,)))}
    nodes = [helper.make_node("Mul", ["x", "w"], ["a"]), helper.make_node("Add", ["a", "b"], ["y"])]
    held = {"w": np.array([1, 2, 3], np.float32), "b": np.ones(3, np.float32)}
    made = model(nodes, {"y": FLOAT}, held, inputs=inputs, opset=8)
    made.ir_version = version
    return made


@pytest.mark.parametrize(("version", "listed"), [(3, ["w", "b"]), (3, ["w"]), (3, []), (7, ["b"])])
def test_constants_are_no_inputs_and_the_model_is_valid(version, listed, same):
    before = of_version(version, *listed)
    after = raise_ir_version(copy_of(before))
    assert [value.name for value in after.graph.input] == ["x"]
    same(before, after, {"x": np.array([[4, 5, 6]], np.float32)})
    after.graph.output[0].type.tensor_type.shape.dim.add()
    checker.check_model(after)
    assert prepare(before, "here").cut is None


def test_a_newer_model_stays_as_it_is():
    before = of_version(8)
    assert raise_ir_version(copy_of(before)) == before
