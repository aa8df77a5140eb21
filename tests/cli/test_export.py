"""The options of an export reach its artifacts; refusals are in test_export_refusals.py."""

from __future__ import annotations

import shlex

import pytest

from edgeface.core.artifact import Artifact
from edgeface.models import family


def test_options_reach_the_artifacts(edgeface_cli, tmp_path):
    options = ["--seed", "7", "--input", "64x96", "--variant", "1mb", "--color", "rgb", "--io", "int8", "--no-latency"]
    ended = edgeface_cli("export", "--target", "tflite-int8,onnx-fp32", *options, "--out", tmp_path)
    assert ended.code == 0
    int8, fp32 = (Artifact.open(tmp_path / f"retinaface_mnet025-{name}") for name in ("tflite-int8", "onnx-fp32"))
    assert (int8.manifest.io, fp32.manifest.io) == ("int8", "float")
    assert int8.contract == fp32.contract
    contract = int8.contract
    assert (contract.input.height, contract.input.width, contract.input.color) == (64, 96, "rgb")
    assert contract.anchors == family("retinaface_mnet025").variants()["1mb"].anchors
    assert int8.manifest.sources["seed"] == 7
    assert "onnx-fp32: --io int8 is not used, only by tflite-int8" in ended.err


def test_a_table_shows_each_artifact_s_folder_and_verdict(edgeface_cli, tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    options = ("--seed", 1, "--input", "64x96", "--out", tmp_path)
    ended = edgeface_cli("--quiet", "export", "--target", "tflite-fp16", "--no-latency", *options)
    assert (ended.code, ended.err) == (0, "")
    place = tmp_path / "retinaface_mnet025-tflite-fp16"
    kilobytes = f"{(place / 'model.tflite').stat().st_size / 1e3:.1f}"
    verdict = "Computes correctly – not validated on faces"
    assert f"tflite-fp16: {verdict}: 4 synthetic images judged it" in ended.said
    assert f"tflite-fp16 {verdict} {kilobytes} –" in ended.said
    lines = ended.out.splitlines()
    assert f"artifact: {place}" in lines
    assert f"report:   {place / 'report.html'}" in lines
    last = ended.out[ended.out.index("next:") + len("next:") :].replace("\\\n", "").splitlines()
    assert [shlex.split(line)[-2:] for line in last] == [["bench", str(place)], ["--device", "rk3399"]]


def test_for_a_board_the_choice_and_what_is_missing_are_shown(edgeface_cli, small, tmp_path, monkeypatch):
    monkeypatch.setenv("EDGEFACE_CACHE", str(tmp_path / "cache"))  # without an emulator
    data = (small.model, "--contract", small.contract, "--calibration", small.calibration, "--judge", small.images)
    options = (*data, "--no-latency", "--no-images", "--device", "rk3399")
    ended = edgeface_cli("export", *options, "--out", tmp_path / "out")
    assert ended.code == 0
    assert "Nothing was predicted for Rockchip RK3399: the emulator is missing" in ended.out
    assert "`edgeface doctor --install arm`" in ended.out
    assert "Which target\n" in ended.out
    assert [line.split()[-1] for line in ended.out.splitlines() if line.startswith("tflite-int8  passed")] == ["chosen"]
    document = edgeface_cli("export", *options, "--out", tmp_path / "out", "--target", "tflite-fp32", "--json").document
    assert document["artifacts"][0]["prediction"]["predictions"] == []
    assert document["artifacts"][0]["prediction"]["candidates"] == []


@pytest.mark.slow
def test_json_holds_manifest_and_certificate(edgeface_cli, tmp_path):
    options = ("--seed", 1, "--input", "64x96", "--out", tmp_path, "--json")
    (document,) = edgeface_cli("export", "--target", "onnx-fp32", *options).document["artifacts"]
    artifact = Artifact.open(tmp_path / "retinaface_mnet025-onnx-fp32")
    assert document["folder"] == str(artifact.folder)
    assert document["report"] == str(artifact.folder / "report.html")
    assert document["manifest"] == artifact.manifest.model_dump(mode="json")
    assert document["certificate"] == artifact.certificate().as_dict()


@pytest.mark.parametrize("options", [["--target", ""], ["--target", "a,a"], ["--target", "a", "--input", "big"]])
def test_an_unusable_option_exits_2_before_anything_is_written(edgeface_cli, tmp_path, options):
    assert edgeface_cli("export", *options, "--seed", 1, "--out", tmp_path / "out").code == 2
    assert not (tmp_path / "out").exists()
