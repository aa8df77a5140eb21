from __future__ import annotations

import numpy as np
import pytest
from onnx import TensorProto, helper

from edgeface.graph.onnx_steps.expand_fused import expand_fused
from tests.graph.onnx_steps.models import copy_of, kinds, model

RANDOM = np.random.default_rng(5)
CONSTANTS = {
    "w": RANDOM.normal(size=(3, 4, 3, 3)).astype(np.float32),
    "b": RANDOM.normal(size=3).astype(np.float32),
    "z": RANDOM.normal(size=(1, 3, 4, 3)).astype(np.float32),
    "bias": RANDOM.normal(size=5).astype(np.float32),
    "square": RANDOM.normal(size=(5, 2)).astype(np.float32),
}
FLOAT = {"y": TensorProto.FLOAT}


def fused(op_type, *inputs, **attributes):
    node = helper.make_node(op_type, ["x", *inputs], ["y"], domain="com.microsoft", **attributes)
    return model([node], FLOAT, {name: CONSTANTS[name] for name in inputs if name}, domains=["com.microsoft"])


CONVOLUTIONS = [
    fused("FusedConv", "w", "b", activation=name, **({"activation_params": numbers} if numbers else {}))
    for name, numbers in {
        "Relu": [],
        "Tanh": [],
        "Sigmoid": [],
        "LeakyRelu": [0.3],
        "Clip": [-0.5, 0.7],
        "HardSigmoid": [0.3, 0.4],
    }.items()
]
ACTIVATIONS = [
    fused("Gelu"),
    fused("FastGelu"),
    fused("FastGelu", "bias"),
    fused("BiasGelu", "bias"),
    fused("QuickGelu", alpha=1.702),
    fused("QuickGelu", alpha=0.9),
    fused("FusedMatMul", "square", alpha=0.25),
    fused("FusedConv", "w", "b", "z", activation="Relu"),
    fused("FusedConv", "w", activation="Relu", pads=[1, 1, 1, 1], strides=[2, 2]),
]


@pytest.mark.parametrize("before", [*CONVOLUTIONS, *ACTIVATIONS], ids=lambda m: " ".join(kinds(m)))
def test_a_fused_operator_is_written_in_standard_ones(before, same, image):
    after = expand_fused(copy_of(before))
    assert [entry.domain for entry in after.opset_import] == [""]
    same(before, after, {"x": image})


@pytest.mark.parametrize(
    "before",
    [
        fused("FusedMatMul", "square", transA=1),
        fused("FusedConv", "w", activation="Unheard"),
        model([helper.make_node("Gelu", ["x"], ["y"], domain="own")], FLOAT, domains=["own"]),
        model([helper.make_node("Gelu", ["x"], ["y"])], FLOAT, opset=20),
    ],
)
def test_what_is_not_known_to_be_the_same_stays(before):
    assert kinds(expand_fused(copy_of(before))) == kinds(before)
