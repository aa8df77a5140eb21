from __future__ import annotations

import sys

import numpy as np
import onnx
import pytest

from edgeface.graph.onnx_reader import read_onnx
from edgeface.graph.onnx_steps.nothing_to_fold import nothing_to_fold
from edgeface.models import family
from edgeface.models.network import skeleton_of, with_weights


def network(name: str) -> bytes:
    found = family(name)
    contract = next(iter(found.variants().values()))
    if contract.task == "detection":
        contract = contract.with_input_size(64, 96)
    skeleton, random = skeleton_of(found, contract), np.random.default_rng(0)
    arrays = {key: random.random(shape, np.float32) + np.float32(0.1) for key, shape in skeleton.shapes.items()}
    return with_weights(skeleton.onnx, contract, arrays)


@pytest.mark.parametrize("name", ["retinaface_mnet025", "mos", "mobilefacenet"])
def test_a_network_of_edgeface_is_read_the_same_without_onnxsim(name, monkeypatch):
    content = network(name)
    folded = read_onnx(content)
    monkeypatch.setitem(sys.modules, "onnxsim", None)
    read = read_onnx(content, own=True)
    assert read.nodes == folded.nodes
    assert read.constants.keys() == folded.constants.keys()
    assert all(np.array_equal(read.constants[key], folded.constants[key]) for key in read.constants)


@pytest.mark.parametrize(
    "nodes",
    [
        [("Add", ["w", "w"], ["v"]), ("Add", ["x", "v"], ["y"])],
        [("Shape", ["x"], ["s"]), ("Reshape", ["x", "s"], ["y"])],
        [("RandomNormal", [], ["y"])],
    ],
)
def test_what_follows_from_constants_or_sizes_is_to_be_folded(nodes):
    made = [onnx.helper.make_node(kind, inputs, outputs) for kind, inputs, outputs in nodes]
    image = onnx.helper.make_tensor_value_info("x", 1, [1, 4])
    weight = onnx.numpy_helper.from_array(np.ones((1, 4), np.float32), "w")
    graph = onnx.helper.make_graph(made, "g", [image], [onnx.helper.make_empty_tensor_value_info("y")], [weight])
    assert not nothing_to_fold(onnx.helper.make_model(graph))
    del graph.node[:]
    graph.node.append(onnx.helper.make_node("Add", ["x", "w"], ["y"]))
    assert nothing_to_fold(onnx.helper.make_model(graph))
