"""A decode that stays inside the graph is computed in float."""

from __future__ import annotations

import pytest

from edgeface.compile.kept_decode import kept_decode, raw_heads
from edgeface.graph.onnx_reader import read_onnx
from edgeface.models.onnx_file import open_onnx
from edgeface.passes import run_passes
from tests.compile.decoding_nets import ULTRA, YOLO5, YOLO8, Net, contract, ssd, yolo5, yolo8


@pytest.mark.parametrize(("build", "declared"), [(ssd, ULTRA), (yolo5, YOLO5), (yolo8, YOLO8)])
def test_all_that_stands_behind_the_last_layers_is_float(build, declared, tmp_path):
    graph = run_passes(read_onnx(open_onnx(build(tmp_path), declared), "net"))
    stated = kept_decode(declared, graph)
    of_images = [node for node in graph.nodes if set(node.inputs) & set(graph.inputs)]
    assert len(of_images) >= 2
    assert {node.output for node in graph.nodes} - set(stated) == {node.output for node in of_images}
    assert {asked.dtype for asked in stated.values()} == {"float32"}


def test_raw_outputs_have_no_decode(tmp_path):
    raw = ULTRA.model_copy(update={"parameters": type(ULTRA.parameters)(**ULTRA.parameters.model_dump(), box="ssd")})
    graph = run_passes(read_onnx(open_onnx(ssd(tmp_path), raw), "net"))
    assert kept_decode(raw, graph) == {}


def test_layers_of_raw_scores_are_float_and_others_are_not(tmp_path):
    net = Net()
    net.rows(16, 8, 8)
    scores = net.op("Concat", net.rows(16, 2, 1), net.rows(32, 6, 1), axis=1)
    boxes = net.op("Concat", net.rows(16, 32, 16), net.rows(32, 96, 16), axis=1)
    declared = contract("blazeface", {"strides": (16, 32)}, {"scores": scores, "boxes": boxes})
    graph = run_passes(read_onnx(open_onnx(net.save(tmp_path / "net.onnx", scores, boxes), declared), "net"))
    stated = raw_heads(declared, graph)
    of_scores = [node for node in graph.nodes if type(node.op).__name__ == "Conv" and node.output in stated]
    assert sorted(graph.type(node.output).shape[1] for node in of_scores) == [2, 6]
    assert (scores in stated, boxes in stated) == (True, False)
    done = contract("blazeface", {"strides": (16, 32), "score": "as-is"}, {"scores": scores, "boxes": boxes})
    assert raw_heads(done, graph) == {}
