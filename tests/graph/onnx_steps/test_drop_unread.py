from __future__ import annotations

import numpy as np
import pytest
from onnx import TensorProto, checker, helper

from edgeface.graph.onnx_steps.drop_unread import drop_unread, drop_unread_inputs, forget_unread_outputs
from tests.graph.onnx_steps.models import branch, copy_of, kinds, model

FLOAT, NODE = TensorProto.FLOAT, helper.make_node
SPLIT = NODE("Split", ["x"], ["a", "b"], axis=1)
POOL = NODE("MaxPool", ["x"], ["a", "at"], kernel_shape=[2, 2])


def test_nodes_and_constants_that_no_output_needs_vanish(same, image):
    held = {"w": np.float32(2), "unread": np.float32(3)}
    before = model([NODE("Mul", ["x", "unread"], ["b"]), NODE("Mul", ["x", "w"], ["y"])], {"y": FLOAT}, held)
    after = drop_unread(copy_of(before))
    assert kinds(after) == ["Mul"]
    assert [tensor.name for tensor in after.graph.initializer] == ["w"]
    same(before, after, {"x": image})


def test_what_only_a_branch_reads_stays(same, image):
    held = {
        "then_branch": branch("t", [NODE("Neg", ["a"], ["t"])], "t"),
        "else_branch": branch("e", [NODE("Relu", ["x"], ["e"])], "e"),
    }
    before = model([NODE("Abs", ["x"], ["a"]), NODE("If", ["c"], ["y"], **held)], {"y": FLOAT}, {"c": np.array(True)})
    after = drop_unread(copy_of(before))
    assert kinds(after) == ["Abs", "If"]
    same(before, after, {"x": image})


@pytest.mark.parametrize("node", [SPLIT, POOL])
def test_the_model_stays_valid_where_an_output_is_not_read(node):
    before = model([node, NODE("Relu", ["a"], ["y"])], {"y": FLOAT})
    after = drop_unread(copy_of(before))
    assert list(after.graph.node[0].output) == list(node.output)
    after.graph.output[0].type.tensor_type.shape.dim.add()
    checker.check_model(after)


@pytest.mark.parametrize(("node", "left"), [(SPLIT, ["a", ""]), (POOL, ["a", ""])])
def test_the_reader_need_not_make_what_nobody_reads(node, left):
    proto = model([copy_node(node), NODE("Relu", ["a"], ["y"])], {"y": FLOAT})
    assert list(forget_unread_outputs(proto).graph.node[0].output) == left
    proto = model([copy_node(node), NODE("Relu", ["a"], ["y"])], {"y": FLOAT, node.output[1]: FLOAT})
    assert list(forget_unread_outputs(proto).graph.node[0].output) == list(node.output)


def copy_node(node):
    return type(node).FromString(node.SerializeToString())


def test_inputs_that_nothing_reads_vanish_except_the_image():
    inputs = {"x": (FLOAT, (1, 3)), "info": (FLOAT, (1, 3)), "read": (FLOAT, (1, 3)), "w": (FLOAT, (1, 3))}
    nodes = [NODE("Add", ["read", "w"], ["y"]), NODE("Relu", ["info"], ["z"])]
    proto = model(nodes, {"y": FLOAT}, {"w": np.ones((1, 3), np.float32)}, inputs=inputs)
    assert [value.name for value in drop_unread_inputs(proto, "x").graph.input] == ["x", "read", "w"]
