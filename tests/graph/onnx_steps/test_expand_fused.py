from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from onnx import TensorProto, helper

from edgeface.graph.onnx_steps.expand_fused import expand_fused
from edgeface.graph.onnx_steps.expand_turned_products import expand_turned_products
from tests.graph.onnx_steps.models import copy_of, kinds, model

RANDOM = np.random.default_rng(5)
CONSTANTS = {
    "w": RANDOM.normal(size=(3, 4, 3, 3)).astype(np.float32),
    "b": RANDOM.normal(size=3).astype(np.float32),
    "z": RANDOM.normal(size=(1, 3, 4, 3)).astype(np.float32),
    "bias": RANDOM.normal(size=5).astype(np.float32),
    "scale": RANDOM.normal(size=5).astype(np.float32),
    "skip": RANDOM.normal(size=(1, 4, 6, 5)).astype(np.float32)[0],
    "square": RANDOM.normal(size=(5, 2)).astype(np.float32),
}
FLOAT = {"y": TensorProto.FLOAT}


def fused(op_type, *inputs, domain="com.microsoft", opset=17, **attributes):
    node = helper.make_node(op_type, ["x", *inputs], ["y"], domain=domain, **attributes)
    held = {name: CONSTANTS[name] for name in inputs if name}
    return model([node], FLOAT, held, domains=["com.microsoft"], opset=opset)


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
    *(fused("SimplifiedLayerNormalization", "scale", domain="", opset=opset, epsilon=0.01) for opset in (11, 18)),
    *(fused("LayerNormalization", "scale", *more, domain="", opset=11, epsilon=0.01) for more in ([], ["bias"])),
    fused("FusedConv", "w", activation="Relu", pads=[1, 1, 1, 1], strides=[2, 2]),
]


@pytest.mark.parametrize("before", [*CONVOLUTIONS, *ACTIVATIONS], ids=lambda m: " ".join(kinds(m)))
def test_a_fused_operator_is_written_in_standard_ones(before, same, image):
    after = expand_fused(copy_of(before))
    assert [entry.domain for entry in after.opset_import] == [""]
    same(before, after, {"x": image})


def skipping(opset, outputs, *inputs):
    """A layer norm of what has 3 axes, as its kernel asks."""
    node = helper.make_node(
        "SkipLayerNormalization", ["x", "skip", *inputs], outputs, domain="com.microsoft", epsilon=0.01
    )
    held = {name: CONSTANTS[name] for name in ("skip", *inputs)}
    held["skip"] = held["skip"].reshape(1, 24, 5)
    made = {name: TensorProto.FLOAT for name in outputs if name}
    given = {"x": (TensorProto.FLOAT, (1, 24, 5))}
    return model([node], made, held, domains=["com.microsoft"], opset=opset, inputs=given)


@pytest.mark.parametrize("opset", [11, 17])
@pytest.mark.parametrize("inputs", [["scale"], ["scale", "bias"], ["scale", "bias", "more"]])
@pytest.mark.parametrize("outputs", [["y"], ["y", "", "", "sum"]])
def test_a_norm_of_a_sum_is_written_as_both(opset, inputs, outputs, same, image, monkeypatch):
    monkeypatch.setitem(CONSTANTS, "more", CONSTANTS["bias"] * 2)
    before = skipping(opset, outputs, *inputs)
    same(before, expand_fused(copy_of(before)), {"x": image.reshape(1, 24, 5)})


FLAGS = ("transA", "transB", "transBatchA", "transBatchB")


@pytest.mark.parametrize("flags", [f for n in (1, 2, 3, 4) for f in combinations(FLAGS, n)])
def test_turned_products_are_written_with_transposes_one_after_another(flags, same):
    sides = {side: [name for name in flags if name.endswith(side)] for side in "AB"}
    shapes = {"A": (2, 3, 4, 5), "B": (2, 3, 5, 6)}
    before_turning = {side: turned_back(shapes[side], sides[side]) for side in "AB"}
    inputs = {name: (TensorProto.FLOAT, shape) for name, shape in zip("xz", before_turning.values(), strict=True)}
    attributes = dict.fromkeys(flags, 1)
    nodes = [
        helper.make_node("FusedMatMul", ["x", "z"], ["a"], domain="com.microsoft", alpha=0.5, **attributes),
        helper.make_node("FusedMatMul", ["a", "a"], ["y"], domain="com.microsoft", transB=1),
    ]
    before = model(nodes, FLOAT, domains=["com.microsoft"], inputs=inputs)
    after = expand_turned_products(expand_fused(copy_of(before)))
    assert "FusedMatMul" not in kinds(after)
    same(before, after, {name: RANDOM.normal(size=shape).astype(np.float32) for name, (_, shape) in inputs.items()})


def turned_back(shape, flags):
    """The shape that has this one once the flags have turned it."""
    b, c, m, k = shape
    m, k = (k, m) if flags and not flags[0].startswith("transBatch") else (m, k)
    return (m, b, c, k) if any(name.startswith("transBatch") for name in flags) else (b, c, m, k)


@pytest.mark.parametrize(
    "before",
    [
        fused("FusedMatMul", "square", transA=1),
        fused("LayerNormalization", "scale", domain=""),
        fused("LayerNormalization", "scale", domain="", opset=11, axis=1),
        fused("FusedConv", "w", activation="Unheard"),
        model([helper.make_node("Gelu", ["x"], ["y"], domain="own")], FLOAT, domains=["own"]),
        model([helper.make_node("Gelu", ["x"], ["y"])], FLOAT, opset=20),
    ],
)
def test_what_is_not_known_to_be_the_same_stays(before):
    assert kinds(expand_fused(copy_of(before))) == kinds(before)
