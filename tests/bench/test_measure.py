from __future__ import annotations

import json
from pathlib import Path

import pytest

from edgeface.backends.device import GPU
from edgeface.backends.tensorrt.cuda.driver import look_for_gpus
from edgeface.bench.measure import BenchRequest, bench
from edgeface.bench.subject import open_subjects
from edgeface.errors import EdgefaceError, InputError, RuntimeFailure


@pytest.mark.slow
def test_two_models_are_measured_against_the_first(write_onnx):
    paths = [write_onnx("a.onnx"), write_onnx("b.onnx", op="Sigmoid")]
    report = bench(BenchRequest(paths, threads=(1, 2), rounds=3, batch_ms=1.0))
    assert [(item.label, item.threads) for item in report.measurements] == [
        ("a.onnx", 1),
        ("b.onnx", 1),
        ("a.onnx", 2),
        ("b.onnx", 2),
    ]
    assert report.baseline == "a.onnx"
    assert [item.ratio for item in report.measurements if item.label == "a.onnx"] == [1.0, 1.0]
    assert all(item.peak_share is None for item in report.measurements)
    assert set(report.peak_gops) == {"fp32", "int8"}
    assert json.loads(json.dumps(report.as_dict()))["rounds"] == 3


def test_a_limit_names_what_is_above_it(write_onnx):
    report = bench(BenchRequest([write_onnx()], rounds=3, batch_ms=1.0))
    assert report.slower_than(1.0) == ()
    assert [item.label for item in report.slower_than(0.5)] == ["a.onnx"]


@pytest.mark.slow
def test_batches_of_a_dynamic_model_are_compared_at_the_same_batch_size(write_onnx):
    paths = [write_onnx("a.onnx", shape=("batch", 4)), write_onnx("b.onnx", op="Sigmoid", shape=("batch", 4))]
    report = bench(BenchRequest(paths, rounds=3, batch_ms=1.0, batches=(1, 8)))
    measured = [(item.label, item.batch) for item in report.measurements]
    assert measured == [("a.onnx", 1), ("b.onnx", 1), ("a.onnx", 8), ("b.onnx", 8)]
    assert [item.ratio for item in report.measurements if item.label == "a.onnx"] == [1.0, 1.0]
    assert (report.on, report.notes) == ("x86", ())


@pytest.mark.slow
def test_a_batch_of_a_model_that_takes_one_image_is_refused(write_onnx):
    with pytest.raises(RuntimeFailure, match="not a batch of 8") as caught:
        bench(BenchRequest([write_onnx()], rounds=3, batch_ms=1.0, batches=(8,)))
    assert "--batch 1" in str(caught.value.fix)


@pytest.mark.skipif(bool(look_for_gpus().gpus), reason="there is a GPU")
def test_without_a_gpu_nothing_is_started_and_the_doctor_is_named(write_onnx, monkeypatch):
    monkeypatch.setattr("edgeface.bench.measure.Worker", None)
    with pytest.raises(InputError, match="no GPU can be used here") as caught:
        bench(BenchRequest([write_onnx()], on=GPU))
    assert "edgeface doctor" in str(caught.value.fix)


def test_an_engine_is_measured_on_a_gpu_only(tmp_path):
    engine = tmp_path / "model.sm86.engine"
    engine.write_bytes(b"x")
    assert open_subjects([engine], GPU)[0].model == engine
    with pytest.raises(InputError, match=r"\.engine"):
        open_subjects([engine])


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"paths": []}, "nothing to measure"),
        ({"batches": ()}, "batches"),
        ({"batches": (0,)}, "batches"),
        ({"batches": (8, 8)}, "batches"),
        ({"threads": (0,)}, "threads"),
        ({"threads": (1, 1)}, "threads"),
        ({"rounds": 2}, "2 rounds"),
        ({"baseline": Path("other.onnx")}, "baseline"),
    ],
)
def test_a_request_that_cannot_be_measured_is_refused(write_onnx, change, says):
    with pytest.raises(InputError, match=says):
        bench(BenchRequest(**{"paths": [write_onnx()], **change}))


def test_models_with_the_same_name_are_labeled_by_path(write_onnx):
    one, two = write_onnx("one/model.onnx"), write_onnx("two/model.onnx")
    assert [subject.label for subject in open_subjects([one, two])] == [str(one), str(two)]


@pytest.mark.parametrize("name", ["absent.onnx", "weights.pth", ""])
def test_a_file_that_is_not_a_model_is_refused_before_anything_runs(tmp_path, name):
    (tmp_path / "weights.pth").write_bytes(b"x")
    with pytest.raises(InputError):
        open_subjects([tmp_path / name])


def test_the_same_model_twice_is_refused(write_onnx):
    path = write_onnx()
    with pytest.raises(InputError, match="twice"):
        open_subjects([path, path.parent / "." / path.name])


def test_a_model_that_cannot_run_stops_the_bench_with_its_name(write_onnx, tmp_path):
    broken = tmp_path / "broken.tflite"
    broken.write_bytes(b"\x00\x00\x00\x00TFL3" + bytes(40))
    with pytest.raises(RuntimeFailure) as caught:
        bench(BenchRequest([write_onnx(), broken], rounds=3, batch_ms=1.0))
    assert isinstance(caught.value, EdgefaceError)
    assert caught.value.where == str(broken)


@pytest.mark.slow
def test_an_artifact_s_macs_give_a_share_of_the_peak(detector_artifact):
    (by_folder,), (by_file,) = open_subjects([detector_artifact]), open_subjects([detector_artifact / "model.onnx"])
    assert (by_folder.label, by_folder.macs, by_folder.arithmetic) == ("one_face-onnx-fp32", 1_000_000, "fp32")
    assert by_file.macs == 1_000_000
    (measured,) = bench(BenchRequest([detector_artifact], rounds=3, batch_ms=1.0)).measurements
    assert measured.peak_share is not None
    assert measured.peak_share > 0


def test_a_detector_is_not_called_quicker_than_a_recognizer(detector_artifact, recognizer_artifact):
    report = bench(BenchRequest([detector_artifact, recognizer_artifact], rounds=3, batch_ms=1.0))
    assert len(report.measurements) == 2
    assert report.fastest == ()
