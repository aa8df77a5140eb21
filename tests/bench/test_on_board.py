"""Benchmarks on a board, by an agent; here the agent is on this machine, or behind a real sshd (`test_ssh.py`)."""

from __future__ import annotations

import os

import pytest

from edgeface.backends.device import Device
from edgeface.bench.measure import BenchRequest, bench
from edgeface.devices.connect import LOOPBACK
from edgeface.devices.parse import parse_device
from edgeface.errors import InputError


def test_models_are_measured_side_by_side_on_a_board(write_onnx):
    paths = [write_onnx("a.onnx"), write_onnx("b.onnx", op="Sigmoid")]
    report = bench(BenchRequest(paths, rounds=3, batch_ms=1.0, on=LOOPBACK))
    assert [item.label for item in report.measurements] == ["a.onnx", "b.onnx"]
    assert report.measurements[0].ratio == 1.0
    assert all(0 < item.p10_ms <= item.median_ms <= item.p90_ms for item in report.measurements)
    assert all(item.peak_share is None for item in report.measurements)
    assert report.on == "loopback"
    assert any(note.startswith("onnxruntime ") for note in report.notes)
    assert (report.peak_gops, report.advice) == ({}, ())
    assert report.machine["processor"] == report.notes[0]


@pytest.mark.parametrize("name", ["a72", "a53", "rk3399"])
def test_an_emulated_device_is_refused_and_what_predicts_it_is_named(name, tmp_path):
    with pytest.raises(InputError, match="is emulated") as caught:
        bench(BenchRequest([tmp_path / "absent"], on=parse_device(name)))
    assert "edgeface predict" in caught.value.fix


def test_batches_and_more_threads_than_processors_are_refused(write_onnx):
    model = write_onnx()
    with pytest.raises(InputError, match="one image at a time"):
        bench(BenchRequest([model], batches=(8,), on=Device("ssh", "board")))
    with pytest.raises(InputError, match="processors"):
        bench(BenchRequest([model], threads=(4 * (os.cpu_count() or 1),), on=LOOPBACK))
