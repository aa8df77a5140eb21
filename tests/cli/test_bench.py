from __future__ import annotations

from pathlib import Path

import pytest

from edgeface.backends.device import GPU
from edgeface.backends.tensorrt.cuda.driver import look_for_gpus
from edgeface.bench.fastest import Against, Fastest
from edgeface.bench.measure import BenchRequest
from edgeface.bench.result import BenchReport, Measurement


@pytest.fixture
def measured(monkeypatch):
    """Replace measuring; the requests that were made are in the list."""
    requests: list[BenchRequest] = []

    def bench(request: BenchRequest) -> BenchReport:
        requests.append(request)
        items = (
            Measurement("a", 1, 2.0, 1.9, 2.2, 1.0, 1.0, 1.0, 0.33, 30),
            Measurement("b.onnx", 1, 3.0, 2.9, 3.5, 1.5, 1.4, 1.6, None, 30),
        )
        return BenchReport("a", 15, {"fp32": 100.0, "int8": 400.0}, items, {"processor": "a core"})

    monkeypatch.setattr("edgeface.bench.measure.bench", bench)
    return requests


def test_the_table_shows_ratio_interval_and_share(edgeface_cli, measured):
    ended = edgeface_cli("bench", "a", "b.onnx", "--threads", "1,2", "--baseline", "a", "--rounds", "5")
    assert ended.code == 0
    header, first, second = ended.out.splitlines()[:3]
    assert header.split() == [
        "artifact",
        "threads",
        "median",
        "ms",
        "p10–p90",
        "×",
        "baseline",
        "95",
        "%",
        "of",
        "peak",
    ]
    assert first.split() == ["a", "1", "2.000", "1.900–2.200", "1.000", "[1.000,", "1.000]", "33%"]
    assert second.endswith("–")
    assert measured == [BenchRequest([Path("a"), Path("b.onnx")], (1, 2), Path("a"), 5, batches=(1,))]


@pytest.mark.usefixtures("measured")
def test_a_ratio_above_the_limit_exits_1_and_names_it(edgeface_cli):
    ended = edgeface_cli("bench", "a", "b.onnx", "--max-ratio", "1.2")
    assert ended.code == 1
    assert "gate: b.onnx at 1 thread(s) takes 1.500 times as long as a, more than 1.2" in ended.err
    assert edgeface_cli("bench", "a", "b.onnx", "--max-ratio", "1.5").code == 0


@pytest.mark.usefixtures("measured")
def test_json_is_one_document_that_holds_the_gate(edgeface_cli):
    ended = edgeface_cli("bench", "a", "b.onnx", "--max-ratio", "1.2", "--json")
    assert ended.code == 1
    assert ended.document["gate"] == {"max_ratio": 1.2, "passed": False}
    assert ended.document["measurements"][1]["peak_share"] is None
    assert edgeface_cli("bench", "a", "--json").document["gate"] is None


def test_batches_are_shown_with_images_per_second(edgeface_cli, monkeypatch):
    items = (
        Measurement("a", 1, 2.0, 1.9, 2.2, 1.0, 1.0, 1.0, None, 30),
        Measurement("a", 1, 4.0, 3.9, 4.2, 1.0, 1.0, 1.0, None, 30, batch=8),
    )
    notes = ("A card", "as a CUDA graph")
    report = BenchReport("a", 15, {}, items, {"processor": "a core"}, "gpu", notes)
    monkeypatch.setattr("edgeface.bench.measure.bench", lambda _: report)
    monkeypatch.setenv("COLUMNS", "200")
    lines = edgeface_cli("bench", "a", "--on", "gpu", "--batch", "1,8").out.splitlines()
    assert lines[0].split()[:4] == ["artifact", "threads", "batch", "images/s"]
    assert lines[2].split()[:5] == ["a", "1", "8", "2000", "4.000"]
    assert lines[-1] == "on gpu, copies to and from it included: A card; as a CUDA graph"


def test_the_fastest_is_named_for_every_setting_with_the_class_of_the_processor(edgeface_cli, monkeypatch):
    items = (Measurement("a", 1, 2.0, 1.9, 2.2, 1.0, 1.0, 1.0, None, 30),)
    found = Fastest(
        "a", "passed", 1, 1, (Against("b", "passed", 1.5, 1.4, 1.6), Against("c", "refused", 0.5, 0.4, 0.6))
    )
    report = BenchReport("a", 15, {}, items, {"processor": "a core", "class": "avx2"}, fastest=(found, found))
    monkeypatch.setattr("edgeface.bench.measure.bench", lambda _: report)
    monkeypatch.setenv("COLUMNS", "200")
    said = " ".join(edgeface_cli("bench", "a").out.split())
    fastest = (
        "fastest on this processor (avx2), 1 thread: a; slower: b 1.50 × [1.40, 1.60]; faster, but not to ship as it"
    )
    assert said.count(f"{fastest} is: c 0.50 × [0.40, 0.60] (refused by its gate)") == 2
    assert edgeface_cli("bench", "a", "--json").document["fastest"][0]["others"][0]["low"] == 1.4


def test_device_and_batches_reach_the_request(edgeface_cli, measured):
    assert edgeface_cli("bench", "a", "--on", "gpu", "--batch", "1,8").code == 0
    assert (measured[0].on, measured[0].batches) == (GPU, (1, 8))


def test_an_unknown_device_is_refused_with_the_known_ones(edgeface_cli):
    ended = edgeface_cli("bench", "a", "--on", "moon", "--json")
    assert ended.code == 2
    assert "gpu (the first NVIDIA GPU of this machine)" in ended.document["error"]["fix"]


@pytest.mark.skipif(bool(look_for_gpus().gpus), reason="there is a GPU")
def test_without_a_gpu_the_error_names_the_doctor(edgeface_cli, detector_artifact):
    ended = edgeface_cli("bench", detector_artifact, "--on", "gpu", "--json")
    assert ended.code == 2
    assert "edgeface doctor" in ended.document["error"]["fix"]


@pytest.mark.parametrize("threads", ["0", "1,1", "x", ""])
def test_invalid_thread_counts_are_refused(edgeface_cli, threads):
    ended = edgeface_cli("bench", "a", "--threads", threads)
    assert ended.code == 2
    assert "--threads" in ended.err


def test_a_missing_artifact_is_named(edgeface_cli, tmp_path):
    ended = edgeface_cli("bench", tmp_path / "absent", "--json")
    assert ended.code == 2
    assert ended.document["error"]["where"] == str(tmp_path / "absent")
