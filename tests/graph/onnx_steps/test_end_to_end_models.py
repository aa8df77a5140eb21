"""Models that hold their decoding and suppression, in functions of their own with branches, thresholds as inputs."""

from __future__ import annotations

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

from edgeface.backends.onnx.runner import OrtRunner
from edgeface.cost.readers.onnx_network import read_onnx_network
from edgeface.graph.onnx_reader import read_onnx
from tests.graph.onnx_steps.models import branch, model

NODE = helper.make_node
F, INT = TensorProto.FLOAT, TensorProto.INT64
IMPORTS = [helper.make_opsetid("", 17), helper.make_opsetid("own", 1)]


def constant(name, value):
    return NODE("Constant", [], [name], value=numpy_helper.from_array(np.asarray(value)))


def decoding():
    """Boxes from distances, by constants of its own."""
    nodes = [constant("scale", np.float32(0.1)), NODE("Mul", ["D", "scale"], ["far"]), NODE("Add", ["far", "P"], ["B"])]
    return helper.make_function("own", "decode", ["D", "P"], ["B"], nodes, IMPORTS)


def suppression():
    """The best boxes, none if none was found: an If on what was found."""
    some = [NODE("Gather", ["B", "at"], ["some"], axis=1)]
    none = [NODE("Slice", ["B", "no", "no", "axis"], ["none"])]
    nodes = [
        NODE("Unsqueeze", ["S", "axis"], ["classes"]),
        NODE("NonMaxSuppression", ["B", "classes", "N", "T", "T"], ["chosen"]),
        constant("axis", np.array([1])),
        constant("no", np.array([0])),
        constant("two", np.array(2)),
        NODE("Gather", ["chosen", "two"], ["at"], axis=1),
        NODE("Size", ["at"], ["count"]),
        NODE("Cast", ["count"], ["any"], to=TensorProto.BOOL),
        NODE("If", ["any"], ["K"], then_branch=branch("t", some, "some"), else_branch=branch("e", none, "none")),
    ]
    ordered = [*nodes[2:5], *nodes[:2], *nodes[5:]]
    return helper.make_function("own", "suppress", ["B", "S", "N", "T"], ["K"], ordered, IMPORTS)


@pytest.fixture
def detector():
    nodes = [
        NODE("Conv", ["x", "w"], ["maps"]),
        NODE("Reshape", ["maps", "rows"], ["distances"]),
        NODE("decode", ["distances", "priors"], ["boxes"], domain="own"),
        NODE("ReduceMean", ["distances"], ["scores"], axes=[2], keepdims=0),
        NODE("suppress", ["boxes", "scores", "limit", "threshold"], ["faces"], domain="own"),
    ]
    held = {
        "w": np.ones((4, 4, 1, 1), np.float32),
        "rows": np.array([1, 30, 4]),
        "priors": np.ones((1, 30, 4), np.float32),
    }
    inputs = {"x": (F, ("batch", 4, 6, 5)), "threshold": (F, (1,)), "limit": (INT, (1,))}
    functions = [decoding(), suppression()]
    return model(nodes, {"faces": F}, held, inputs=inputs, domains=["own"], functions=functions)


def test_the_reader_gives_the_values_before_suppression(detector, image):
    found = OrtRunner(detector.SerializeToString(), optimize=False).run(
        {"x": image, "threshold": np.array([0.1], np.float32), "limit": np.array([5])}
    )
    assert found["faces"].shape[::2] == (1, 4)  # it is a model that runs
    graph = read_onnx(detector.SerializeToString())
    assert graph.inputs == ("x",)
    assert {graph.type(name).shape for name in graph.outputs} == {(1, 30, 4), (1, 30)}
    assert {"Conv", "Reshape"} <= {type(node.op).__name__ for node in graph.nodes}


def test_the_counter_counts_what_comes_before_it(detector):
    network = read_onnx_network(detector.SerializeToString(), "sketch")
    assert network.beyond["NonMaxSuppression"] == 1
    assert [layer.work.macs for layer in network.layers if layer.op == "Conv"] == [4 * 4 * 30]
