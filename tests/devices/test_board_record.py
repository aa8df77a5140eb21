"""What was measured on a board stays beside the artifact, under the board's name."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import pytest
from measured_board import measured_board

from edgeface.backends.device import Device
from edgeface.core.artifact import Artifact
from edgeface.devices.board_record import keep_records, read_records, record_name, save_record
from edgeface.errors import InputError

DAY = date(2026, 11, 28)


@pytest.fixture
def artifact(exported):
    (folder,) = exported.iterdir()
    return Artifact.open(folder)


def records(artifact):
    return list(read_records(artifact.folder, artifact.manifest.model_sha256))


def test_a_record_has_times_state_and_versions(artifact):
    path = save_record(artifact, measured_board(), DAY)
    assert path == artifact.folder / "board-ssh-pi4.json"
    (found,) = records(artifact)
    assert (found.on, found.date, found.passed) == ("ssh:pi4", "2026-11-28", True)
    assert found.latency.best.threads == 2
    assert found.latency.version == "2.2.0"
    assert [state.zones[0].celsius for state in (found.latency.before, found.latency.after)] == [48.0, 61.5]
    assert found.paths[0].passed
    assert str(artifact.folder.parent) not in path.read_text()


def test_a_second_measurement_of_a_board_replaces_the_first_and_another_board_is_added(artifact):
    for name, median in (("pi4", 30.0), ("pi4", 20.0), ("rock", 10.0)):
        save_record(artifact, measured_board(name, median_ms=median), DAY)
    assert [(each.on, each.latency.best.median_ms) for each in records(artifact)] == [
        ("ssh:pi4", 20.0),
        ("ssh:rock", 10.0),
    ]


def test_an_emulated_device_leaves_nothing(artifact):
    before = sorted(artifact.folder.iterdir())
    assert save_record(artifact, replace(measured_board(), latency=None), DAY) is None
    assert sorted(artifact.folder.iterdir()) == before


def test_a_record_of_another_model_is_not_read(artifact):
    path = save_record(artifact, measured_board(), DAY)
    document = json.loads(path.read_text())
    path.write_text(json.dumps({**document, "model_sha256": "0" * 64}))
    assert records(artifact) == []


@pytest.mark.parametrize("names", [("a b", "a-b"), ("user@host", "user-host"), ("10.0.0.7:22", "10.0.0.7-22")])
def test_names_that_look_alike_as_files_have_different_ones(names):
    first, second = (record_name(Device("ssh", name)) for name in names)
    assert first != second
    assert all(char.isalnum() or char in ".-" for char in first + second)


def test_a_board_without_a_name_is_named_by_its_kind():
    assert record_name(Device("adb")) == "board-adb.json"


@pytest.mark.parametrize("change", [{"latency": None}, {"date": "today"}, {"paths": 3}, {"format": 9}])
def test_a_damaged_record_is_named(artifact, change):
    path = save_record(artifact, measured_board(), DAY)
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(InputError, match="damaged record of a board") as caught:
        records(artifact)
    assert caught.value.where == str(path)


def test_a_new_export_of_the_same_model_keeps_its_records(artifact, tmp_path):
    first, second = (save_record(artifact, measured_board(name), DAY) for name in ("pi4", "rock"))
    second.write_text("{}")
    new = tmp_path / "new"
    new.mkdir()
    kept = keep_records(artifact.folder, new, artifact.manifest.model_sha256)
    assert [each.on for each in kept] == ["ssh:pi4"]
    assert [path.name for path in new.iterdir()] == [first.name]
    assert (new / first.name).read_bytes() == first.read_bytes()
    assert keep_records(artifact.folder, new, "0" * 64) == []
    assert keep_records(tmp_path / "missing", new, "0" * 64) == []
