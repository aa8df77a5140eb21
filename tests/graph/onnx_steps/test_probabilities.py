"""Which outputs are probabilities by how they are computed."""

from __future__ import annotations

import pytest
from onnx import TensorProto, helper

from edgeface.graph.onnx_steps.probabilities import probabilities
from tests.graph.onnx_steps.models import model

FLOAT = TensorProto.FLOAT
ONE = helper.make_node


@pytest.mark.parametrize(
    "nodes",
    [
        [ONE("Sigmoid", ["x"], ["y"])],
        [ONE("Softmax", ["x"], ["s"]), ONE("Transpose", ["s"], ["t"]), ONE("Flatten", ["t"], ["y"])],
        [ONE("Sigmoid", ["x"], ["s"]), ONE("Mul", ["s", "s"], ["m"]), ONE("Sqrt", ["m"], ["y"])],
        [ONE("Sigmoid", ["x"], ["s"]), ONE("Softmax", ["x"], ["t"]), ONE("Concat", ["s", "t"], ["y"], axis=1)],
    ],
)
def test_what_ends_in_a_sigmoid_or_softmax_is_a_probability(nodes):
    assert probabilities(model(nodes, {"y": FLOAT})) == {"y"}


@pytest.mark.parametrize(
    "nodes",
    [
        [ONE("Relu", ["x"], ["y"])],
        [ONE("Sigmoid", ["x"], ["s"]), ONE("Mul", ["s", "x"], ["y"])],
        [ONE("Sigmoid", ["x"], ["s"]), ONE("Concat", ["s", "x"], ["y"], axis=1)],
        [ONE("Sigmoid", ["x"], ["s"]), ONE("Exp", ["s"], ["y"])],
        [ONE("Sigmoid", ["x"], ["y"], domain="others")],
    ],
)
def test_other_outputs_are_not(nodes):
    assert probabilities(model(nodes, {"y": FLOAT}, domains=("others",))) == frozenset()
