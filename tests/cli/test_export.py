from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from edgeface.artifact import CERTIFICATE, Artifact, write_json


@pytest.fixture
def requests(monkeypatch, detector_artifact):
    """Replace the pipeline; the requests that reach it are in the list."""
    made: list[SimpleNamespace] = []
    write_json(detector_artifact / CERTIFICATE, {"passed": True})

    def export(request: SimpleNamespace) -> list[Artifact]:
        made.append(request)
        return [Artifact.open(detector_artifact)]

    pipeline = ModuleType("edgeface.pipeline")
    monkeypatch.setattr(pipeline, "ExportRequest", SimpleNamespace, raising=False)
    monkeypatch.setattr(pipeline, "export", export, raising=False)
    monkeypatch.setitem(sys.modules, "edgeface.pipeline", pipeline)
    return made


def test_options_become_a_request(edgeface_cli, requests):
    options = ["--weights", "w.pth", "--input", "320x416", "--io", "int8", "--colour", "rgb", "--seed", "7"]
    ended = edgeface_cli("export", "--target", "tflite-int8,onnx-fp32", *options)
    assert ended.code == 0
    assert "onnx-fp32" in ended.out
    (request,) = requests
    assert (request.model, request.targets) == ("retinaface_mnet025", ("tflite-int8", "onnx-fp32"))
    assert (request.weights, request.input_size, request.io) == (Path("w.pth"), (320, 416), "int8")
    assert (request.colour, request.seed, request.out) == ("rgb", 7, Path("out"))


def test_json_holds_manifest_and_certificate(edgeface_cli, requests, detector_artifact):
    (artifact,) = edgeface_cli("export", "--target", "onnx-fp32", "--json").document["artifacts"]
    assert artifact["folder"] == str(detector_artifact)
    assert artifact["manifest"]["macs"] == 1_000_000
    assert artifact["certificate"] == {"passed": True}


@pytest.mark.parametrize("options", [["--target", ""], ["--target", "a,a"], ["--target", "a", "--input", "big"]])
def test_an_unusable_option_exits_2_before_anything_runs(edgeface_cli, requests, options):
    assert edgeface_cli("export", *options).code == 2
    assert requests == []
