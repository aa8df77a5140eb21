"""A model on several targets: table, page, refusals beside results, and going on where a run stopped."""

from __future__ import annotations

import json
from dataclasses import replace

import cv2
import pytest
from far_engine import FarEngine

from edgeface.benchmark import making
from edgeface.benchmark import run as running
from edgeface.benchmark.candidates import every_target
from edgeface.benchmark.page import write_benchmark_page
from edgeface.benchmark.record import BENCHMARK, Measured, read_benchmark, write_benchmark
from edgeface.benchmark.run import REFUSED, run_benchmark
from edgeface.benchmark.tables import best, measured_table, reasons, summary_table
from edgeface.cli.benchmark import format_benchmark
from edgeface.compile.repair.options import RepairOptions
from edgeface.compile.request import ExportRequest
from edgeface.core.artifact import Artifact
from edgeface.core.prediction_record import Predicted
from edgeface.errors import InputError
from edgeface.samples import IMAGES
from edgeface.samples.compose import pixels

TARGETS = ("onnx-fp32", "tflite-int8", "onnx-fp16")
STRICT = 'model = "retinaface_mnet025"\n[gates.tflite-int8]\nsnr_db = 150.0\n'


@pytest.fixture(scope="module")
def request_(tmp_path_factory):
    folder = tmp_path_factory.mktemp("benchmark")
    (folder / "strict.toml").write_text(STRICT)
    (folder / "images").mkdir()
    for number in range(4):  # other images, not copies
        for shown in IMAGES:
            image = pixels(shown)[20 * number :, 30 * number :]
            cv2.imwrite(str(folder / "images" / f"{shown.person}{number}.png"), image)
    return ExportRequest(
        targets=TARGETS,
        calibration=folder / "images",
        input_size=(64, 64),
        out=folder / "out",
        recipe=folder / "strict.toml",
        repair=RepairOptions("fast"),
    )


@pytest.fixture(scope="module")
def found(request_):
    return run_benchmark(request_, rounds=3)


def test_each_target_is_a_row_and_a_refusal_says_why(found, request_):
    outcomes = {each.target: each.outcome for each in found.targets}
    assert outcomes == {"onnx-fp32": "written", "tflite-int8": "refused", "onnx-fp16": "written"}
    refused = found.targets[1]
    assert "150" in refused.why
    assert refused.why in reasons(found)[0]
    assert (request_.out / REFUSED.format(target="tflite-int8")).is_file()
    assert not (request_.out / "retinaface_mnet025-tflite-int8").exists()
    for each in (found.targets[0], found.targets[2]):
        manifest = Artifact.open(request_.out / f"retinaface_mnet025-{each.target}").manifest
        assert (each.model_bytes, each.model_sha256) == (manifest.model_bytes, manifest.model_sha256)
        assert each.timed is not None
        assert each.timed.median_ms > 0
        assert each.timed.memory_bytes
    assert found.baseline == "onnx-fp32"
    assert found.targets[0].timed.ratio == 1.0


def test_figures_have_cases_and_intervals(found):
    figures = {figure.label: figure for figure in found.targets[0].figures}
    assert figures["faces matched"].interval
    assert figures["faces matched"].cases.endswith("faces")


def test_table_and_page_show_the_same(found, request_):
    table = summary_table(found)
    assert [row[0] for row in table.rows] == list(TARGETS)
    page = write_benchmark_page(request_.out, found, REFUSED)
    text = page.read_text()
    shown = format_benchmark(found, page)
    for row in table.rows:
        for cell in (row[0], row[2], row[4]):
            assert cell in text
            assert cell in shown
    assert 'href="retinaface_mnet025-onnx-fp32/report.html"' in text
    assert 'href="refused-tflite-int8.html"' in text
    assert best(found).headline in shown.replace("\n", " ")


def test_an_engine_s_workers_make_the_same_artifacts_records_and_reports(found, request_, monkeypatch, tmp_path):
    """Times are left out: they are measured, and never while workers run."""
    timed = []
    monkeypatch.setattr(running, "timed", lambda record, *_: timed.append(record) or record)
    by_workers = run_benchmark(replace(request_, out=tmp_path / "out", engine=FarEngine()))
    assert len(timed) == 1
    bare = [each.model_copy(update={"timed": None}) for each in found.targets]
    assert list(by_workers.targets) == bare
    places = ["retinaface_mnet025-onnx-fp32", "retinaface_mnet025-onnx-fp16", REFUSED.format(target="tflite-int8")]
    for place in places:
        one, other = request_.out / place, tmp_path / "out" / place
        files = sorted(path.name for path in one.iterdir()) if one.is_dir() else [""]
        assert files == (sorted(path.name for path in other.iterdir()) if other.is_dir() else [""])
        for name in files:
            here, there = ((folder / name if name else folder).read_bytes() for folder in (one, other))
            assert here.replace(str(request_.out).encode(), b"OUT") == there.replace(
                str(tmp_path / "out").encode(), b"OUT"
            ), f"{place}/{name}"
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted([BENCHMARK, *places])


def test_a_run_goes_on_where_another_stopped(found, request_, monkeypatch):
    kept = request_.out / BENCHMARK
    whole = json.loads(kept.read_text())
    whole["targets"] = whole["targets"][:2]  # as after an interruption
    kept.write_text(json.dumps(whole))
    (request_.out / "retinaface_mnet025-onnx-fp32" / "model.onnx").write_bytes(b"damaged")
    built = []
    build = making.build
    monkeypatch.setattr(
        making, "build", lambda job, target, stats: built.append(target.name) or build(job, target, stats)
    )
    monkeypatch.setattr(running, "timed", lambda record, *_: record)
    again = run_benchmark(request_)
    assert built == ["onnx-fp32", "onnx-fp16"]
    assert (again.machine, again.baseline) == (found.machine, "onnx-fp32")  # of the times that are kept
    assert [each.model_copy(update={"timed": None}) for each in again.targets] == [
        each.model_copy(update={"timed": None}) for each in found.targets
    ]


def test_a_second_interruption_loses_nothing(found, request_, monkeypatch):
    write_benchmark(request_.out, found)
    (request_.out / "retinaface_mnet025-onnx-fp16" / "model.onnx").write_bytes(b"damaged")  # the last target
    monkeypatch.setattr(making, "build", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        run_benchmark(request_)
    assert [each.target for each in read_benchmark(request_.out).targets] == list(TARGETS)


def test_a_damaged_record_is_no_record(found, request_):
    (request_.out / BENCHMARK).write_text("{")
    with pytest.raises(InputError, match="JSON"):
        read_benchmark(request_.out)
    assert running.remembered(request_.out, again=False).targets == ()


def test_without_targets_every_one_that_runs_here_is_compared_the_baseline_first():
    names = every_target(ExportRequest())
    assert names[0] == "onnx-fp32"
    assert {"tflite-int8", "onnx-int8", "ncnn-fp32"} <= set(names)
    assert not any(name.startswith("tensorrt") for name in names)
    assert set(every_target(ExportRequest(io="int8"))) < set(names)


def test_what_a_board_took_stands_before_what_was_predicted(found):
    took = Measured(board="pi4", median_ms=21.34, threads=2, runtime="litert 2.3", date="2026-11-28")
    predicted = Predicted(
        **{"runtime": "litert", "version": "2.3", "core": "a72", "threads": 1, "bound": "", "evidence": ""},
        **dict.fromkeys(("low_ms", "expected_ms", "high_ms", "fitted_ms"), 26.0),
    )
    first, second, third = found.targets
    targets = (
        first.model_copy(update={"measured": (took,), "predicted": (predicted,)}),
        second,
        third.model_copy(update={"predicted": (predicted,)}),
    )
    shown = found.model_copy(update={"targets": targets, "board": "a board"})
    assert [row[7] for row in summary_table(shown).rows] == ["21.3", "–", "~26.0"]
    assert measured_table(shown).rows == (("onnx-fp32", "pi4", "litert 2.3", "2", "2026-11-28", "21.34"),)
    assert measured_table(found) is None
