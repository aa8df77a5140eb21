"""However many targets an export has, each image that judges is decoded once and the reference runs on it once."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from edgeface.compile import checkpoint
from edgeface.compile.report_options import ReportOptions
from edgeface.compile.request import ExportRequest
from edgeface.exporting.export import export
from edgeface.images import files
from edgeface.validate.reference import Reference

TARGETS = ("onnx-fp32", "tflite-fp32", "tflite-int8", "onnx-int8")


@pytest.fixture
def counted(monkeypatch):
    """How often each file was decoded, and the reference ran."""
    decoded, ran = Counter(), Counter()
    decode, referenced = files.decode_image, checkpoint.network_reference

    def decoding(data, path):
        decoded[Path(path).name] += 1
        return decode(data, path)

    def counting(network):
        opened = referenced(network)

        def run(feeds):
            ran["reference"] += 1
            return opened.run(feeds)

        return Reference(opened.name, run)

    monkeypatch.setattr(files, "decode_image", decoding)
    monkeypatch.setattr(checkpoint, "network_reference", counting)
    return decoded, ran


@pytest.mark.parametrize("targets", [TARGETS[:2], pytest.param(TARGETS, marks=pytest.mark.slow)])
def test_images_are_decoded_once_and_the_reference_runs_once(images, tmp_path, counted, targets):
    decoded, ran = counted
    recipe = tmp_path / "lenient.toml"
    recipe.write_text('model = "retinaface_mnet025"\n[gates.onnx-fp32]\nmax_abs = 0.001\n')
    given = {"seed": 1, "input_size": (64, 96), "report": ReportOptions(latency=False), "calibration": images}
    artifacts = export(ExportRequest(model=str(recipe), targets=targets, out=tmp_path / "out", **given))
    sources = artifacts[0].manifest.sources
    judged, calibrated = (sources[name]["files"] for name in ("judged_on", "calibration"))
    assert len(artifacts) == len(targets)
    assert len(judged) == 2
    assert [decoded[name] for name in judged] == [1, 1]
    assert ran["reference"] == len(judged)
    assert all(decoded[name] <= 2 for name in calibrated)  # to infer the contract, and to calibrate
