"""Exports for a class of processors: measured where this machine is of it, else by a table; gates decide."""

from __future__ import annotations

import json
import platform

import pytest

from edgeface.backends import target, targets
from edgeface.compile.report_options import ReportOptions
from edgeface.compile.request import ExportRequest
from edgeface.core import processor as core_processor
from edgeface.core.processor import Processor
from edgeface.core.processor_record import PROCESSOR, Took, read_processor
from edgeface.errors import InputError, RuntimeFailure
from edgeface.exporting import for_processor
from edgeface.exporting.export import export
from edgeface.exporting.for_processor import fitting_targets, processor_of, shipped_with, unusable
from edgeface.exporting.stopwatch import Stopwatch
from edgeface.exporting.trials import with_candidates
from edgeface.prediction import ratio_table

AVX2 = Processor("x86_64", frozenset({"avx2", "fma"}))
VNNI = Processor("x86_64", frozenset({"avx2", "fma", "avx512f", "avx512bw", "avx512vl", "avx512_vnni"}))
TABLE = """
title = "x86-64 with AVX2, no VNNI"
classes = ["avx2"]
prices = "x86-avx2"
basis = "imitated"
source = "made up"
date = "2026-11-28"

[[networks]]
name = "other"
title = "another recognizer"
task = "recognition"
macs = 5

[networks.ratios]
onnx-int8 = { value = 0.4, low = 0.38, high = 0.42 }
tflite-int8 = { value = 0.6, low = 0.55, high = 0.65 }
"""


@pytest.fixture
def processor(monkeypatch, tmp_path):
    """Let this machine be another: processor(Processor), with a table of ratios for AVX2 only."""
    folder = tmp_path / "ratios"
    folder.mkdir()
    (folder / "avx2.toml").write_text(TABLE)
    monkeypatch.setattr(ratio_table, "FOLDER", folder)

    def be(found):
        for module in (core_processor, for_processor):
            monkeypatch.setattr(module, "processor_here", lambda: found)

    be(VNNI)
    return be


@pytest.fixture
def request_for(small, tmp_path):
    """A request of a small recognizer in integers, so that few targets fit, for this processor."""

    def make(*names, **options):
        given = {
            "calibration": small.calibration,
            "judge": small.images,
            "contract": small.contract,
            "report": ReportOptions(latency=False, images=False),
            "out": tmp_path / "out",
            "device": "here",
            "integer_only": True,
            **options,
        }
        return ExportRequest(str(small.model), names, **given)

    return make


@pytest.fixture
def timed(monkeypatch):
    """Let times be these: timed({target: milliseconds}) → the models that were timed, each time."""

    def known(times, error=None):
        asked = []

        def took(self, models):
            asked.append(sorted(models))
            if error is not None:
                raise error
            ratios = {name: times.get(name, 9.0) / 10 for name in models}
            return {name: Took(ratio=r, low=r * 0.99, high=r * 1.01, ms=10 * r) for name, r in ratios.items()}

        monkeypatch.setattr(Stopwatch, "took", took)
        return asked

    return known


def test_the_quickest_that_was_measured_here_is_written_alone(processor, request_for, timed, tmp_path):
    asked = timed({"onnx-int8": 3.0, "tflite-int8": 5.0})
    (artifact,) = export(request_for())
    record = read_processor(artifact)
    assert record is not None
    assert artifact.manifest.target == "onnx-int8"
    assert len(list((tmp_path / "out").iterdir())) == 1
    assert {"onnx-int8", "tflite-int8"} <= set(asked[0])
    by_name = {each.target: each for each in record.targets}
    assert (by_name["onnx-int8"].gate, by_name["onnx-int8"].chosen) == ("passed", True)
    assert (by_name["tflite-int8"].gate, by_name["tflite-int8"].why) == ("not judged", "1.67 × as long")
    assert (record.basis, record.device) == ("measured here", "here")
    assert "onnx-int8 was measured to be the quickest on this processor (avx512_vnni)" in record.why
    assert "Ship it with ONNX Runtime (pip install onnxruntime==" in record.why
    assert "Measured on this processor (avx512_vnni)" in (artifact.folder / "report.html").read_text()


def test_the_model_is_the_same_whether_its_target_was_measured_or_named(processor, request_for, timed, tmp_path):
    timed({"onnx-int8": 3.0})
    (chosen,) = export(request_for())
    (named,) = export(request_for("onnx-int8", out=tmp_path / "named"))
    for name in ("manifest.json", "certificate.json", "model.onnx"):
        assert (chosen.folder / name).read_bytes() == (named.folder / name).read_bytes()


def test_what_is_not_told_apart_is_named_with_what_is_smaller(processor, request_for, timed):
    timed({"onnx-int8": 3.0, "tflite-int8": 3.02})
    record = read_processor(export(request_for())[0])
    assert "tflite-int8 is not told apart from it (tflite-int8 smaller)" in record.why
    assert next(each.why for each in record.targets if each.target == "tflite-int8") == "no difference measured"


def test_without_times_the_first_that_passes_is_written_and_that_is_said(processor, request_for, timed):
    timed({}, RuntimeFailure("the runtime died"))
    record = read_processor(export(request_for())[0])
    assert record.basis != "measured here"
    assert "nothing is known of times" in record.why
    reasons = {each.target: each.why for each in record.targets if each.gate == "not judged"}
    assert reasons["onnx-int8"] == "not measured: the runtime died"


def test_for_another_class_the_table_predicts_and_nothing_is_timed(processor, request_for, timed):
    asked = timed({})
    record = read_processor(export(request_for(device="avx2"))[0])
    by_name = {each.target: each for each in record.targets}
    assert asked == []
    assert (record.basis, by_name["onnx-int8"].chosen) == ("predicted", True)
    assert by_name["onnx-int8"].took.ms is None
    assert by_name["tflite-int8"].why == "predicted 1.50 × as long"
    assert "other networks for recognition, another recognizer, not of it" in record.evidence
    assert "instruction sets hidden" in record.evidence


def test_named_targets_hear_of_a_quicker_one(processor, request_for, timed):
    timed({})
    (artifact,) = export(request_for("tflite-int8", device="avx2"))
    record = read_processor(artifact)
    assert "onnx-int8 is predicted to take 0.40 × onnx-fp32's time, tflite-int8 0.60" in record.why
    assert json.loads((artifact.folder / PROCESSOR).read_text())["device"] == "avx2"


@pytest.mark.parametrize(
    ("here", "device", "measured"),
    [(VNNI, "avx2", False), (AVX2, "avx2", True), (AVX2, "x86-avx2", True), (VNNI, "here", True), (AVX2, "here", True)],
)
def test_times_are_measured_where_the_machine_is_of_the_class(processor, here, device, measured):
    processor(here)
    assert processor_of(device).here is measured


def test_neither_a_board_nor_nothing_is_a_class_of_processors(processor):
    assert processor_of("rk3399") is None
    assert processor_of(None) is None


def test_candidates_come_from_the_registry_of_targets(processor):
    names = fitting_targets(ExportRequest())
    assert set(names) == {name for name, each in targets().items() if each.finish is None}
    assert names[0] == "tflite-int8"
    assert with_candidates(ExportRequest(targets=(), device="avx2")).targets == names
    assert set(fitting_targets(ExportRequest(io="int8"))) < set(names)


def test_a_target_whose_numbers_are_another_processors_is_no_candidate(monkeypatch):
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    assert "made for Arm" in unusable(target("ncnn-int8"))
    assert "judged by" in unusable(target("onnx-fp16"))
    assert unusable(target("onnx-fp32")) is None


def test_a_target_whose_runtime_is_not_installed_says_what_to_install(monkeypatch):
    monkeypatch.setattr(for_processor, "missing", lambda names: tuple(names)[:1])
    assert unusable(target("onnx-int8")) == "onnxruntime not installed: pip install onnxruntime"
    assert "pip install --no-deps" in unusable(target("openvino-int8"))  # else it brings what reports its use


def test_openvino_is_shipped_without_what_reports_its_use():
    assert "pip install --no-deps" in shipped_with(target("openvino-int8"))


def test_without_target_and_device_the_error_names_here(processor):
    with pytest.raises(InputError) as caught:
        with_candidates(ExportRequest(targets=()))
    assert "--device here" in caught.value.fix
