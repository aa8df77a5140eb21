from __future__ import annotations

import numpy as np
import onnx

from edgeface.graph.ir import Graph
from edgeface.graph.onnx_reader import read_onnx
from edgeface.graph.onnx_writer import write_onnx
from edgeface.graph.ops.activations import Relu
from edgeface.graph.ops.arithmetic import Add
from edgeface.graph.ops.conv import Conv


def small(make_graph) -> Graph:
    weight = np.linspace(-1, 1, 36, dtype=np.float32).reshape(4, 1, 3, 3)
    rows = [(Conv(activation="relu6"), "x w", "a"), (Add(activation="relu"), "a c", "b"), (Relu(), "b", "y")]
    return make_graph({"x": (1, 1, 5, 5)}, rows, {"w": weight, "c": np.full((4, 1, 1), -3, np.float32)})


def test_the_same_graph_gives_the_same_bytes(make_graph):
    metadata = {"b": "2", "a": "1"}
    assert write_onnx(small(make_graph), metadata=metadata) == write_onnx(small(make_graph), metadata=metadata)


def test_fused_activations_are_applied(make_graph, evaluate, normal):
    x = normal(1, 1, 5, 5, scale=90.0)
    found = evaluate(small(make_graph), {"x": x}, "a", "b")
    assert found["a"].min() == 0
    assert found["a"].max() == 6
    np.testing.assert_array_equal(found["b"], np.maximum(found["a"] - 3, 0))


def test_any_values_can_be_made_the_outputs(make_graph):
    model = onnx.load_from_string(write_onnx(small(make_graph), ["b", "a"]))
    assert [o.name for o in model.graph.output] == ["b", "a"]


def test_the_model_passes_the_checker_and_carries_metadata(make_graph):
    model = onnx.load_from_string(write_onnx(small(make_graph), metadata={"contract": "{}"}))
    onnx.checker.check_model(model, full_check=True)
    assert [(p.key, p.value) for p in model.metadata_props] == [("contract", "{}")]


def test_what_was_written_can_be_read(make_graph, evaluate, normal):
    graph = small(make_graph)
    x = normal(1, 1, 5, 5)
    again = read_onnx(write_onnx(graph))
    np.testing.assert_array_equal(evaluate(again, {"x": x})["y"], evaluate(graph, {"x": x})["y"])
