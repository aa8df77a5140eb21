"""What ONNX Runtime computes as one operator is one operation."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from edgeface.backends.onnx.parts import OnnxParts
from edgeface.errors import InputError


@pytest.fixture
def parts(tmp_path):
    """A model of nodes that read x, of a size, taken apart."""

    def build(nodes, outputs=("y",), size=(1, 4, 6, 8)):
        constants = {
            "w": np.ones((4, 4, 1, 1), np.float32),
            "s": np.float32(0.05),
            "z": np.uint8(128),
            "shape": np.array([1, -1], np.int64),
        }
        made = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs]
        given = [helper.make_tensor_value_info("x", TensorProto.FLOAT, size)]
        held = [numpy_helper.from_array(np.asarray(data), name) for name, data in constants.items()]
        graph = helper.make_graph([helper.make_node(*node) for node in nodes], "g", given, made, held)
        path = tmp_path / "model.onnx"
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
        path.write_bytes(model.SerializeToString())
        return OnnxParts(path)

    return build


def named(found):
    return [(each.operator, each.name) for each in found.operations]


def test_an_activation_belongs_to_its_convolution(parts):
    assert named(parts([("Conv", ["x", "w"], ["a"]), ("Relu", ["a"], ["y"])])) == [("Conv", "y")]


def test_an_activation_of_what_is_also_read_elsewhere_stands_alone(parts):
    nodes = [("Conv", ["x", "w"], ["a"]), ("Relu", ["a"], ["b"]), ("Add", ["a", "b"], ["y"])]
    assert named(parts(nodes)) == [("Conv", "a"), ("Relu", "b"), ("Add", "y")]


def test_an_activation_of_an_output_stands_alone(parts):
    nodes = [("Conv", ["x", "w"], ["a"]), ("Relu", ["a"], ["y"])]
    assert named(parts(nodes, outputs=("a", "y"))) == [("Conv", "a"), ("Relu", "y")]


def test_an_activation_of_a_sum_stands_alone(parts):
    nodes = [("Add", ["x", "x"], ["a"]), ("Relu", ["a"], ["y"])]
    assert named(parts(nodes)) == [("Add", "a"), ("Relu", "y")]


def test_quantization_belongs_to_the_operator_between(parts):
    nodes = [
        ("QuantizeLinear", ["x", "s", "z"], ["q"]),
        ("DequantizeLinear", ["q", "s", "z"], ["f"]),
        ("Conv", ["f", "w"], ["a"]),
        ("QuantizeLinear", ["a", "s", "z"], ["aq"]),
        ("DequantizeLinear", ["aq", "s", "z"], ["y"]),
    ]
    found = parts(nodes)
    assert named(found) == [("QuantizeLinear", "q"), ("Conv", "aq"), ("DequantizeLinear", "y")]
    model = onnx.load_from_string(found.model([1])[".onnx"])
    assert [node.op_type for node in model.graph.node] == ["DequantizeLinear", "Conv", "QuantizeLinear"]
    assert [(item.name, item.type.tensor_type.elem_type) for item in model.graph.input] == [("q", TensorProto.UINT8)]


def test_what_computes_constants_goes_with_its_readers(parts):
    nodes = [("Neg", ["w"], ["v"]), ("Conv", ["x", "v"], ["y"])]
    found = parts(nodes)
    assert named(found) == [("Conv", "y")]


def test_equal_operators_are_alike_whatever_their_weights(parts):
    nodes = [("Conv", ["x", "w"], ["a"]), ("Conv", ["a", "w"], ["b"]), ("Reshape", ["b", "shape"], ["y"])]
    first, second, other = parts(nodes).operations
    assert first.alike == second.alike != other.alike


def test_a_size_that_is_not_known_is_named(parts):
    found = parts(
        [("Conv", ["x", "w"], ["a"]), ("Sigmoid", ["a"], ["b"]), ("Add", ["b", "b"], ["y"])], size=("n", 4, 6, 8)
    )
    with pytest.raises(InputError, match="size of 'x' is not known"):
        found.model([0])
