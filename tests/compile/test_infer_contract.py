"""One file in other clothes has the contract that is left outside of its graph."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from edgeface.compile.contract_text import contract_text
from edgeface.compile.infer_contract import recognize, settle
from edgeface.contracts.read import read_contract
from edgeface.errors import GraphError
from edgeface.images.files import read_image
from edgeface.images.folder import list_images
from edgeface.images.split import spread
from edgeface.tasks.detection.decoders import parameters_of_decoders

CLOTHES = (
    ("Cast", ["f"], {"to": TensorProto.FLOAT}),
    ("Transpose", ["t"], {"perm": [0, 3, 1, 2]}),
    ("Gather", ["r", "order"], {"axis": 1}),
    ("Sub", ["s", "mean"], {}),
    ("Mul", ["ready", "scale"], {}),
)
CONSTANTS = {"order": np.array([2, 1, 0]), "mean": np.float32(127), "scale": np.float32(1 / 128)}


def dressed(model: onnx.ModelProto, height: int, width: int) -> onnx.ModelProto:
    """The model for pixels uint8 [1,height,width,3] in the other order, normalized inside."""
    stored = {tensor.name for tensor in model.graph.initializer}
    image = next(value for value in model.graph.input if value.name not in stored)
    for node in model.graph.node:
        node.input[:] = ["ready" if name == image.name else name for name in node.input]
    before = image.name
    for index, (op, (made, *constants), attributes) in enumerate(CLOTHES):
        model.graph.node.insert(index, helper.make_node(op, [before, *constants], [made], **attributes))
        before = made
    model.graph.initializer.extend(numpy_helper.from_array(np.asarray(v), k) for k, v in CONSTANTS.items())
    image.CopyFrom(helper.make_tensor_value_info(image.name, TensorProto.UINT8, [1, height, width, 3]))
    return model


@pytest.mark.real_data
def test_what_the_graph_does_is_left_out_of_the_contract(shared_data, tmp_path):
    path = tmp_path / "dressed.onnx"
    onnx.save(dressed(onnx.load(shared_data / "onnx" / "ultraface_slim320_nopost.onnx"), 240, 320), path)
    images = [read_image(each) for each in spread(list_images(shared_data / "lfw"), 12)]
    found = settle(recognize(path), images, None, {})
    (tmp_path / "c.toml").write_text(contract_text(found), encoding="utf-8")
    shown = read_contract(tmp_path / "c.toml", parameters_of_decoders())
    assert shown.input == found.contract.input
    assert (shown.input.layout, shown.input.color, set(shown.input.mean), set(shown.input.scale)) == (
        *("nhwc", "bgr"),
        {0.0},
        {1.0},
    )
    assert shown.parameters.model_dump()["box"] == "ssd"


def test_a_file_of_no_known_format_that_cannot_be_read_is_refused_by_its_operators(tmp_path):
    image = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 3, 32, 32]) for name in "xz"]
    nodes = [helper.make_node("Relu", ["x"], ["y"]), helper.make_node("Hardmax", ["y"], ["z"], name="last")]
    graph = helper.make_graph(nodes, "g", image[:1], image[1:])
    path = tmp_path / "hard.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), path)
    with pytest.raises(GraphError, match="Hardmax"):
        recognize(path)
