"""Also branches that constants choose, and outputs that say no shape."""

from __future__ import annotations

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

from edgeface.errors import GraphError
from edgeface.graph.onnx_steps.fold_constants import fold_constants
from tests.graph.onnx_steps.models import branch, copy_of, kinds, model

FLOAT = {"y": TensorProto.FLOAT}
NODE = helper.make_node


def choice(condition, then, otherwise, output="y"):
    """An If between two lists of nodes, whose last one makes the value `out`."""
    graphs = {f"{key}_branch": branch(key, nodes, "out") for key, nodes in (("then", then), ("else", otherwise))}
    return NODE("If", [condition], [output], **graphs)


RELU, NEG = [NODE("Relu", ["x"], ["out"])], [NODE("Neg", ["x"], ["out"])]
HANDED_ON = [NODE("Identity", ["x"], ["out"])]
NAMED_ALIKE = [NODE("Neg", ["x"], ["inner"]), NODE("Relu", ["inner"], ["out"])]


def on_a_constant(value, then=RELU, otherwise=NEG):
    return model([choice("c", then, otherwise)], FLOAT, {"c": np.array(value)})


def on_a_shape():
    nodes = [
        NODE("Shape", ["x"], ["shape"]),
        NODE("Gather", ["shape", "zero"], ["batch"]),
        NODE("Equal", ["batch", "one"], ["c"]),
        choice("c", RELU, NEG),
    ]
    return model(nodes, FLOAT, {"zero": np.array(0), "one": np.array(1)})


def twice():
    """Two branches with a value of the same name each."""
    nodes = [
        choice("c", NAMED_ALIKE, RELU, "a"),
        choice("c", NAMED_ALIKE, RELU, "b"),
        NODE("Add", ["a", "b"], ["y"]),
    ]
    return model(nodes, FLOAT, {"c": np.array(True)})


def nested():
    return on_a_constant(True, [choice("c", NAMED_ALIKE, NEG, "inner"), NODE("Neg", ["inner"], ["out"])])


def with_a_constant_inside():
    two = NODE("Constant", [], ["two"], value=numpy_helper.from_array(np.array(2, np.float32)))
    return on_a_constant(True, [two, NODE("Mul", ["x", "two"], ["out"])])


@pytest.mark.parametrize(
    ("before", "left"),
    [
        (on_a_constant(True), ["Relu"]),
        (on_a_constant(False), ["Neg"]),
        (on_a_constant([True]), ["Relu"]),
        (on_a_constant(True, HANDED_ON), []),
        (on_a_shape(), ["Relu"]),
        (twice(), ["Neg", "Relu", "Neg", "Relu", "Add"]),
        (nested(), ["Neg", "Relu", "Neg"]),
        (with_a_constant_inside(), ["Mul"]),
    ],
)
def test_the_branch_that_a_constant_chooses_stands_for_the_if(before, left, same, image):
    after = fold_constants(copy_of(before), "here")
    assert [kind for kind in kinds(after) if kind not in {"Identity", "Constant"}] == left
    same(before, after, {"x": image})


def test_a_branch_that_depends_on_the_image_stays():
    nodes = [
        NODE("ReduceMax", ["x"], ["m"], keepdims=0),
        NODE("Greater", ["m", "zero"], ["c"]),
        choice("c", RELU, NEG),
    ]
    after = fold_constants(model(nodes, FLOAT, {"zero": np.float32(0)}), "here")
    assert "If" in kinds(after)


def test_an_output_that_says_no_shape_gets_one():
    after = fold_constants(model([NODE("Flatten", ["x"], ["y"])], FLOAT), "here")
    assert [dim.dim_value for dim in after.graph.output[0].type.tensor_type.shape.dim] == [1, 120]


def test_an_operator_that_onnx_does_not_define_is_passed_by_in_silence(capsys):
    nodes = [NODE("Plugin", ["x"], ["a"]), NODE("Relu", ["a"], ["y"])]
    after = fold_constants(model(nodes, FLOAT), "here")
    assert kinds(after) == ["Plugin", "Relu"]
    assert capsys.readouterr().out == ""


def test_a_model_that_is_not_valid_is_refused():
    with pytest.raises(GraphError, match="onnxsim cannot fold"):
        fold_constants(model([NODE("Relu", [], ["y"])], FLOAT), "here")
