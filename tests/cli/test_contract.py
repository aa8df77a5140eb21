from __future__ import annotations

import json

import pytest
from onnx import TensorProto, helper, save

from edgeface.contracts.read import read_contract
from edgeface.tasks.detection.decoders import parameters_of_decoders

SHAPES = {"image": [1, 3, 32, 32], "means": [1, 3, 1, 1]}


@pytest.fixture
def detector(seeded_source, tmp_path):
    path = tmp_path / "mine.onnx"
    path.write_bytes(seeded_source.onnx)
    return path


def test_what_nothing_tells_is_refused_line_by_line_and_read_once_it_is_decided(edgeface_cli, detector, tmp_path):
    ended = edgeface_cli("-q", "contract", detector)
    assert ended.code == 2
    assert 'color = "bgr"  # refused: no images to tell' in ended.out
    (tmp_path / "c.toml").write_text(ended.out)
    found = read_contract(tmp_path / "c.toml", parameters_of_decoders())
    assert found.outputs.by_role == {"boxes": "boxes", "scores": "scores", "landmarks": "landmarks"}


def test_verdicts_are_in_json_too(edgeface_cli, detector):
    ended = edgeface_cli("-q", "contract", detector, "--color", "rgb", "--json")
    found = json.loads(ended.out)
    assert found["fields"]["input.color"]["how"] == "declared"
    assert found["contract"]["input"]["colour"] == "rgb"
    assert "input.mean, input.scale" in found["refused"]


def test_outputs_of_no_known_format_are_named_with_what_to_declare(edgeface_cli, tmp_path):
    node = helper.make_node("GlobalAveragePool", ["image"], ["means"])
    kinds = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in SHAPES.items()]
    opset = [helper.make_opsetid("", 17)]
    graph = helper.make_graph([node], "g", kinds[:1], kinds[1:])
    save(helper.make_model(graph, opset_imports=opset, ir_version=8), tmp_path / "means.onnx")
    ended = edgeface_cli("contract", tmp_path / "means.onnx")
    assert ended.code == 2
    assert "of no known detector or recognizer: 'means' [1, 3, 1, 1]" in ended.err
    assert 'task = "scores"  # refused' in ended.out
    (tmp_path / "c.toml").write_text(ended.out)
    assert read_contract(tmp_path / "c.toml").output_names == ("means",)


def test_an_unknown_color_is_refused(edgeface_cli, detector):
    ended = edgeface_cli("contract", detector, "--color", "gbr")
    assert (ended.code, "unknown --color 'gbr'" in ended.err) == (2, True)
