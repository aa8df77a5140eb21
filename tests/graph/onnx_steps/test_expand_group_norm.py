from __future__ import annotations

import numpy as np
import pytest
from onnx import TensorProto, helper

from edgeface.graph.onnx_steps.expand_group_norm import expand_group_norm
from tests.graph.onnx_steps.models import copy_of, kinds, model


def normalized(opset, count):
    node = helper.make_node("GroupNormalization", ["x", "scale", "bias"], ["y"], num_groups=2, epsilon=1e-3)
    held = {name: np.linspace(0.5, 2, count, dtype=np.float32) for name in ("scale", "bias")}
    return model([node], {"y": TensorProto.FLOAT}, held, opset=opset)


@pytest.mark.parametrize("opset", [18, 20])
def test_a_scale_of_groups_is_one_of_instances(opset, same, image):
    before = normalized(opset, 2)
    after = expand_group_norm(copy_of(before))
    assert "GroupNormalization" not in kinds(after)
    same(before, after, {"x": image})


def test_a_scale_of_channels_stays():
    before = normalized(21, 4)
    assert expand_group_norm(copy_of(before)) == before
