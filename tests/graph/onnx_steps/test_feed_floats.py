from __future__ import annotations

import numpy as np
import pytest
from onnx import TensorProto, helper

from edgeface.graph.onnx_steps.feed_floats import feed_floats
from tests.graph.onnx_steps.models import copy_of, model

FP32, UINT8, INT64 = TensorProto.FLOAT, TensorProto.UINT8, TensorProto.INT64
TO_FLOAT = helper.make_node("Cast", ["x"], ["y"], to=FP32)
CAST = helper.make_node("Cast", ["a"], ["y"], to=FP32)
MOVED = [
    [helper.make_node("Transpose", ["x"], ["a"], perm=[0, 3, 1, 2]), CAST],
    [helper.make_node("Gather", ["x", "order"], ["a"], axis=1), CAST],
    [helper.make_node("Identity", ["x"], ["a"]), CAST],
    [TO_FLOAT],
]
KINDS = {UINT8: np.uint8, TensorProto.INT8: np.int8, TensorProto.INT32: np.int32, TensorProto.DOUBLE: np.float64}


def built(nodes, kind=UINT8, outputs=None):
    return model(nodes, outputs or {"y": FP32}, {"order": np.array([2, 1, 0])}, kind=kind)


@pytest.mark.parametrize("nodes", MOVED)
@pytest.mark.parametrize("kind", KINDS)
def test_an_input_that_is_cast_to_float_is_fed_floats(nodes, kind, same, image):
    before = built(nodes, kind)
    after = feed_floats(copy_of(before))
    assert after.graph.input[0].type.tensor_type.elem_type == FP32
    same(before, after, {"x": np.abs(image * 20).astype(KINDS[kind])})


@pytest.mark.parametrize(
    ("nodes", "outputs"),
    [
        ([helper.make_node("Cast", ["x"], ["y"], to=INT64)], {"y": INT64}),
        ([helper.make_node("Add", ["x", "x"], ["a"]), CAST], None),
        (
            [helper.make_node("Cast", ["x"], ["y"], to=FP32), helper.make_node("Identity", ["x"], ["z"])],
            {"y": FP32, "z": UINT8},
        ),
        ([TO_FLOAT], {"y": FP32, "x": UINT8}),
        ([helper.make_node("DequantizeLinear", ["x", "scale"], ["y"])], None),
        ([helper.make_node("Relu", ["w"], ["y"])], None),
    ],
)
def test_an_input_that_is_used_as_an_integer_stays_one(nodes, outputs):
    before = built(nodes, UINT8, outputs)
    assert feed_floats(copy_of(before)) == before
