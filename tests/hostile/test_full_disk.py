"""On a full disk a command says what it could not write, and leaves what was there."""

from __future__ import annotations

import os
import random
import shutil
import subprocess

import pytest
from interrupted import Interrupted
from whole_results import bundle_command, export_command, old_results, report_command

WAYS = {"full": ("open", "os.mkdir", "os.rename", "os.link"), "short": ("open",)}
SHORT = 3
"""Changes that are tried in the short form; the long one tries the first and the last of each kind."""


@pytest.fixture
def commands(seeded_artifact):
    networks = [seeded_artifact("tflite-fp32", model).folder for model in ("retinaface_mnet025", "mobilefacenet")]
    return {
        "export": export_command(),
        "bundle": bundle_command(*networks),
        "report": report_command(networks[0]),
    }


@pytest.mark.parametrize(
    ("name", "length"),
    [
        pytest.param("bundle", "short", marks=pytest.mark.slow),
        pytest.param("report", "short", marks=pytest.mark.slow),
        *(pytest.param(name, "long", marks=pytest.mark.hostile) for name in ("export", "bundle", "report")),
    ],
)
def test_a_full_disk_at_any_write_leaves_old_results(tmp_path, commands, name, length):
    command, draw = commands[name], random.Random(14)
    place = Interrupted(tmp_path / "out", tmp_path / "temporary")
    place.temporary.mkdir()
    place.out.mkdir()
    first = place.run(command.arguments(place.out))
    assert first.code == 0, first.err
    made = place.out.rename(tmp_path / "made")
    tried = [(way, at) for way, events in WAYS.items() for at in first.of_each_kind(*events)]
    failed = 0
    for way, at in tried if length == "long" else draw.sample(tried, min(SHORT, len(tried))):
        there = draw.random() < 0.5
        shutil.rmtree(place.out, ignore_errors=True)
        if there:
            old_results(command, place.out, made)
        else:
            place.out.mkdir()
        said = place.run(command.arguments(place.out), way, at)
        case = f"{name}, {way} at change {at}, {'old results' if there else 'none'} there: {said}"
        assert said.code in {0, 2}, case
        assert "Traceback" not in said.err, case
        if said.code:
            assert "cannot write" in said.err, case
        failed += bool(said.code)
        found = command.whole(place.out)
        assert tuple(found) in ({command.names} if there or not said.code else {(), command.names}), case
        assert place.left_over() == [], case
    assert failed or length == "short", "nothing failed: this shows nothing"


@pytest.mark.hostile
@pytest.mark.parametrize("kib", [4, 64, 400, 900])
def test_a_small_disk_leaves_nothing(tmp_path, commands, kib):
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={kib}k", "none", str(disk)]
    if os.geteuid() or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("only root may mount a small disk")
    try:
        place = Interrupted(disk / "out", tmp_path / "temporary")
        place.temporary.mkdir()
        said = place.run(commands["export"].arguments(place.out))
        assert (said.code, "No space left on device" in said.err, "Traceback" in said.err) == (2, True, False), said
        assert list(disk.iterdir()) == []
    finally:
        subprocess.run(["umount", str(disk)], check=True)
