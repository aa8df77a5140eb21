from __future__ import annotations

import json

import onnx
import pytest
from onnx import helper

from edgeface.backends.tflite.lowerings import lowerings
from edgeface.graph.onnx_writer import write_onnx
from edgeface.graph.ops.activations import Sigmoid, Tanh
from edgeface.graph.ops.arithmetic import Div

FINE = [(Tanh(), "x", "a"), (Div(), "x a", "y")]
REFUSED = [(Sigmoid(), "x", "a"), (Sigmoid(), "a", "y")]


@pytest.fixture(autouse=True)
def a_target_without_sigmoid(monkeypatch):
    monkeypatch.delitem(lowerings(), Sigmoid)


@pytest.fixture
def file(make_graph, tmp_path):
    def write(rows):
        (tmp_path / "mine.onnx").write_bytes(write_onnx(make_graph({"x": (1, 3, 6, 5)}, rows)))
        return tmp_path / "mine.onnx"

    return write


def test_a_possible_export_is_said_by_target(edgeface_cli, file):
    ended = edgeface_cli("export", file(FINE), "--target", "tflite-int8,onnx-fp32", "--dry-run")
    assert ended.code == 0
    assert "tflite-int8: can be exported, 1 of its nodes in float" in ended.out
    assert Div.float_only in ended.out
    assert "onnx-fp32: can be exported\n" in ended.out


def test_an_impossible_one_ends_with_2_and_names_the_nodes(edgeface_cli, file):
    ended = edgeface_cli("export", file(REFUSED), "--target", "tflite-fp32", "--dry-run")
    assert ended.code == 2
    assert "2 of its nodes are not supported" in ended.out
    assert "Sigmoid ×2: Sigmoid has no TFLite lowering ('a', 'y')" in ended.out


@pytest.mark.parametrize(("rows", "code"), [(FINE, 0), (REFUSED, 2)])
def test_the_json_document_has_every_target(edgeface_cli, file, rows, code):
    ended = edgeface_cli("export", file(rows), "--target", "tflite-fp32,onnx-fp32", "--dry-run", "--json")
    assert ended.code == code
    document = json.loads(ended.out)
    assert [each["target"] for each in document["forecasts"]] == ["tflite-fp32", "onnx-fp32"]
    assert document["possible"] is (code == 0)


def test_a_dry_run_for_a_board_is_of_every_target_to_choose_from(edgeface_cli, file):
    ended = edgeface_cli("export", file(FINE), "--device", "rk3399", "--dry-run", "--json")
    said = {each["target"] for each in json.loads(ended.out)["forecasts"]}
    assert said >= {"tflite-int8", "tflite-fp32", "onnx-int8"}


def test_nothing_is_written(edgeface_cli, file, tmp_path):
    path = file(FINE)
    edgeface_cli("export", path, "--target", "onnx-fp32", "--dry-run", "--out", tmp_path / "out")
    assert list(tmp_path.iterdir()) == [path]


def test_several_nodes_that_cannot_be_read_are_all_printed(edgeface_cli, tmp_path, make_graph):
    model = onnx.load_from_string(write_onnx(make_graph({"x": (1, 3, 6, 5)}, [(Tanh(), "x", "y")])))
    model.graph.node.insert(0, helper.make_node("Plugin", ["x"], ["a"], name="first"))
    model.graph.node.insert(1, helper.make_node("Plugin", ["a"], ["b"], name="second"))
    model.graph.node[2].input[0] = "b"
    path = tmp_path / "mine.onnx"
    path.write_bytes(model.SerializeToString())
    ended = edgeface_cli("export", path, "--target", "onnx-fp32", "--dry-run")
    assert ended.code == 2
    assert "Plugin ×2" in ended.err
    assert "('first', 'second')" in ended.err
    document = json.loads(edgeface_cli("export", path, "--target", "onnx-fp32", "--dry-run", "--json").out)
    assert [item["node"] for item in document["error"]["refusals"]] == ["first", "second"]


def test_a_checkpoint_whose_variant_is_not_told_is_shown_as_one(edgeface_cli, seeded_weights):
    ended = edgeface_cli("export", seeded_weights, "onnx-fp32", "--input", "64x96", "--dry-run")
    assert ended.code == 0
    assert "onnx-fp32: can be exported" in ended.out
    assert "the tensors do not tell the variant: shown as official; --variant names another" in ended.err
