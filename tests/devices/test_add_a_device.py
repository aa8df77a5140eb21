"""A core is added as CONTRIBUTING says: one file, and nothing else is edited."""

from __future__ import annotations

import json

import pytest

from edgeface.backends.device import Device
from edgeface.bundle.boards import board
from edgeface.cli import main
from edgeface.cli.completion import known
from edgeface.devices.connect import connect
from edgeface.devices.count import count_models
from edgeface.devices.parse import parse_device
from edgeface.devices.state import device_state
from edgeface.devices.system_files import system_files
from edgeface.devices.table import profile
from edgeface.doctor.checks import boards, emulation
from edgeface.errors import InputError

A57 = """
title = "Cortex-A57"

[core]
part = 0xD07
variant = 1
revision = 3
features = ["fp", "asimd", "evtstrm", "aes", "pmull", "sha1", "sha2", "crc32", "cpuid"]

[[clusters]]
core = "a57"
cores = [0, 1, 2]
max_khz = 2_000_000
min_khz = 500_000
l1d = { kib = 32, ways = 2 }
l2 = { kib = 2048, ways = 16 }

[emulator]
cpu = "cortex-a57"

[bundle]
cores = [1, 2]
threads = 2
"""


@pytest.fixture
def a57(monkeypatch, tmp_path):
    """The file, in a folder of the user's own."""
    folder = tmp_path / "devices"
    folder.mkdir()
    (folder / "a57.toml").write_text(A57)
    monkeypatch.setenv("EDGEFACE_DEVICES", str(folder))
    return Device("emulator", "a57")


def test_without_its_file_it_is_unknown():
    for refused in (parse_device, profile, board):
        with pytest.raises(InputError):
            refused("a57")
    assert "a57" not in (*known.devices(), *known.boards())


def test_it_is_known_to_every_command(a57):
    assert parse_device("a57") == a57
    with pytest.raises(InputError) as caught:
        parse_device("nonsense")
    assert "a57 (an emulated Cortex-A57)" in str(caught.value.fix)
    assert "a57" in known.devices()
    assert "a57" in known.boards()
    assert "a57" in emulation.look()[0].found
    assert "a57 (Cortex-A57)" in boards.look()[-1].found
    assert (board("a57").cores, board("a57").threads) == ((1, 2), 2)


def test_its_system_files_describe_it(a57):
    files = system_files(profile("a57"))
    assert files["proc/cpuinfo"].count("CPU part\t: 0xd07\n") == 3
    assert files["proc/cpuinfo"].count("CPU variant\t: 0x1\n") == 3
    assert files["sys/devices/system/cpu/cpu2/cache/index1/size"] == "2048K\n"
    assert files["sys/devices/system/cpu/cpu0/regs/identification/midr_el1"] == "0x00000000411fd073\n"


def test_the_emulator_runs_its_agent_and_an_artifact_agrees_there(a57, emulator, built, images, capsys):
    with connect(a57) as link:
        state = device_state(link)
    assert state.summary().startswith("aarch64: 3×Cortex-A57")
    assert state.pinned(2) == (0, 1)
    for path in sorted(images.iterdir())[1:]:
        path.unlink()
    command = ["parity", str(built["integer"].folder), "--on", "a57", "--images", str(images), "--json"]
    with pytest.raises(SystemExit) as ended:
        main(["--quiet", *command])
    document = json.loads(capsys.readouterr().out)
    assert (ended.value.code, document["on"], document["passed"], document["images"]) == (0, "a57", True, 1)
    assert document["latency"] is None
    assert [path["path"] for path in document["paths"]][:2] == ["litert xnnpack", "litert reference"]


@pytest.mark.hostile
def test_its_caches_are_simulated(a57, emulator, built, monkeypatch, tmp_path):
    models = [built["integer"].model_path]
    (large,) = count_models(models, "a57")
    folder = tmp_path / "smaller"
    folder.mkdir()
    (folder / "a57.toml").write_text(A57.replace("kib = 32, ways = 2", "kib = 4, ways = 2"))
    monkeypatch.setenv("EDGEFACE_DEVICES", str(folder))
    (small,) = count_models(models, "a57")
    assert small.l1_misses > 1.5 * large.l1_misses
