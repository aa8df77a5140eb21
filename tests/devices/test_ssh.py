"""Boards by ssh, against a real sshd on the loopback interface that leads into an emulated RK3399."""

from __future__ import annotations

import shlex
import sys

import numpy as np
import pytest

from edgeface.backends.device import Device
from edgeface.bench.measure import BenchRequest, bench
from edgeface.devices import link as link_module
from edgeface.devices.check import check_device
from edgeface.devices.connect import connect, open_device
from edgeface.devices.latency import device_latency
from edgeface.devices.runner import Loading, open_here
from edgeface.errors import RuntimeFailure

BOARD = Device("ssh", "board")
THIS_PYTHON = f'exec {shlex.quote(sys.executable)} "$@"'
"""In place of an emulated one, where the processor has no part in what is tested."""


def test_a_board_by_ssh_runs_the_model_bit_for_bit(board, integer_model, int8_feeds):
    with open_device(integer_model, BOARD, Loading()) as runner:
        found = runner.run(int8_feeds)
    wanted = open_here(integer_model, Loading()).run(int8_feeds)
    assert list(found) == list(wanted)
    for name, array in wanted.items():
        np.testing.assert_array_equal(found[name], array)


def test_latency_is_swept_over_threads_with_the_device_s_state(board, integer_model, monkeypatch):
    monkeypatch.setattr("edgeface.devices.latency.WARM_UP", 1)
    found = device_latency(integer_model, BOARD, Loading(), runs=3)
    assert found.before.summary().startswith("aarch64: 4×Cortex-A53 + 2×Cortex-A72")
    assert [(item.threads, item.cpus) for item in found.sweep] == [
        (1, (4,)),
        (2, (4, 5)),
        (4, (0, 1, 4, 5)),
        (6, (0, 1, 2, 3, 4, 5)),
    ]
    assert all(item.p10_ms <= item.median_ms <= item.p90_ms for item in found.sweep)
    assert any("governor" in line for line in found.warnings)


def test_parity_on_a_board_includes_latency_and_missing_runtimes(built, board, monkeypatch):
    monkeypatch.setattr("edgeface.devices.latency.RUNS", 2)
    monkeypatch.setattr("edgeface.devices.latency.WARM_UP", 1)
    monkeypatch.setattr("edgeface.devices.check.SYNTHETIC_IMAGES", 1)
    found = check_device(built["integer"], BOARD)
    assert found.parity.passed
    assert [path.name for path in found.parity.paths] == ["litert xnnpack", "litert reference"]
    assert list(found.parity.absent) == ["tflite-runtime reference"]
    assert found.latency is not None
    assert found.as_dict()["latency"]["device"].startswith("aarch64")


def test_output_of_login_scripts_is_skipped(board, integer_model, int8_feeds):
    board.answers_with(f"printf 'Welcome!\\n\\033[31mlast login: never\\n'\n{THIS_PYTHON}")
    with open_device(integer_model, BOARD, Loading()) as runner:
        assert runner.run(int8_feeds)


@pytest.mark.parametrize(
    ("script", "says"),
    [
        ("exec cat /dev/zero", "KiB came before"),
        ("echo 'not here' >&2; exit 3", "not here"),
        (r"printf '\033]0;owned\007\033[2J' >&2; exit 3", "]0;owned"),
        ("exec cat", "KiB came before|no answer in time"),
        ("exec sleep 60", "no answer in time"),
    ],
)
def test_a_hostile_or_broken_login_ends_in_an_error_without_control_characters(board, monkeypatch, script, says):
    silent = script in {"exec cat", "exec sleep 60"}
    monkeypatch.setattr(link_module, "START_TIMEOUT_S", 2.0 if silent else 60.0)
    board.answers_with(script)
    with pytest.raises(RuntimeFailure, match=says) as caught:
        connect(BOARD)
    assert all(sign.isprintable() for line in str(caught.value).splitlines() for sign in line)


def test_a_device_without_the_runtime_gets_an_installation_hint(board, integer_model):
    board.answers_with(THIS_PYTHON)
    with pytest.raises(RuntimeFailure, match="ModuleNotFoundError") as caught:
        open_device(integer_model, BOARD, Loading("tflite-runtime", "reference"))
    assert "pip install tflite-runtime" in (caught.value.fix or "")


def test_an_unknown_host_is_an_error_with_ssh_s_message(board):
    with pytest.raises(RuntimeFailure, match=r"nowhere\.invalid"):
        connect(Device("ssh", "nowhere.invalid"))


@pytest.mark.hostile  # 20 seconds of emulation; tests/bench/test_on_board.py covers it quickly
def test_models_are_benched_on_a_board(board, integer_model):
    report = bench(BenchRequest([integer_model], rounds=3, batch_ms=1.0, on=BOARD))
    assert report.measurements[0].median_ms > 0
    assert report.notes[0].startswith("aarch64: 4×Cortex-A53 + 2×Cortex-A72")
    assert any("governor" in note for note in report.notes)
