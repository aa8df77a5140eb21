"""Boards in reports: joined to a page that was written before them."""

from __future__ import annotations

from datetime import date

import pytest
from measured_board import measured_board

from edgeface.compile.report_options import REPORT
from edgeface.core import progress
from edgeface.core.artifact import Artifact
from edgeface.devices.board_record import read_records, save_record
from edgeface.devices.check import check_device
from edgeface.devices.connect import LOOPBACK
from edgeface.report.boards import boards, join_boards, joined, keep_measured
from edgeface.report.collect import collect
from edgeface.report.matrix import matrix
from edgeface.report.render import render

DAY = date(2026, 11, 28)


@pytest.fixture
def artifact(exported):
    (folder,) = exported.iterdir()
    return Artifact.open(folder)


def shown(artifact):
    return boards(read_records(artifact.folder, artifact.manifest.model_sha256))


def test_a_board_says_what_was_measured_when_and_why_it_may_be_rough(artifact):
    save_record(artifact, measured_board(governor="ondemand"), DAY)
    (board,) = shown(artifact)
    assert board.tile.figure == "26 ms"
    assert "2026-11-28" in board.tile.note
    assert "see its warnings" in board.tile.note
    assert "Raspberry Pi 4 Model B: 2×Cortex-A72" in board.lead
    assert "litert xnnpack 2.2.0" in board.lead
    assert [bar.own for bar in board.bars] == [False, True]
    sweep, same, state = board.tables
    assert sweep.rows[1] == ("2", "26.04", "23.44–28.64", "38.4", "0, 1")
    assert same.rows[0][-1].state == "good"
    assert state.rows[0] == ("clocks", "2× 1800 of 1800 MHz", "2× 1800 of 1800 MHz")
    assert state.rows[2] == ("warmest", "48 °C (cpu-thermal)", "62 °C (cpu-thermal)")
    assert any("governor is ondemand" in warning for warning in board.warnings)


def test_what_an_agent_measures_is_kept_and_shown(artifact):
    report = check_device(artifact, LOOPBACK)
    path = keep_measured(artifact, report, DAY)
    assert path == artifact.folder / "board-loopback.json"
    (board,) = shown(artifact)
    assert len(board.bars) == len(report.latency.sweep)
    assert 'id="boards"' in (artifact.folder / REPORT).read_text(encoding="utf-8")


def test_what_cannot_be_kept_is_said_and_nothing_is_left(artifact, capsys, monkeypatch):
    (artifact.folder / "board-ssh-pi4.json").mkdir()
    monkeypatch.setattr(progress._State, "shown", True)
    assert keep_measured(artifact, measured_board(), DAY) is None
    assert "the measurement is not kept" in capsys.readouterr().err


def test_a_report_that_was_written_before_shows_the_board(artifact):
    path = artifact.folder / REPORT
    before = path.read_text(encoding="utf-8")
    save_record(artifact, measured_board(), DAY)
    assert join_boards(artifact) == path
    text = path.read_text(encoding="utf-8")
    assert 'id="boards"' in text
    assert 'href="#boards"' in text
    assert text.count("measured on ssh:pi4") == 1
    save_record(artifact, measured_board(median_ms=13.0), DAY)
    join_boards(artifact)
    assert path.read_text(encoding="utf-8").count("measured on ssh:pi4") == 1  # in place of the first
    assert joined(text, ()) == before


def test_joining_gives_what_an_export_with_the_board_gives(page, scenes, artifact):
    save_record(artifact, measured_board(), DAY)
    found = shown(artifact)
    assert joined(render("report.html", page=page(scenes)), found) == render(
        "report.html", page=page(scenes, boards=found)
    )


def test_a_page_without_a_place_for_boards_stays_as_it_is(artifact):
    save_record(artifact, measured_board(), DAY)
    path = artifact.folder / REPORT
    path.write_text("an older report")
    assert join_boards(artifact) is None
    assert path.read_text() == "an older report"
    path.unlink()
    assert join_boards(artifact) is None


def test_names_in_a_report_cannot_pass_for_its_parts(page, scenes):
    name = "<!-- boards --> x <!-- /boards -->"
    text = render("report.html", page=page(scenes, model=name))
    assert joined(text, ()) == text


def test_the_index_has_every_board(exported, artifact):
    for name in ("pi4", "rock"):
        save_record(artifact, measured_board(name), DAY)
    found = matrix(collect(exported), exported / "index.html")
    assert [row[1] for row in found.boards.rows] == ["ssh:pi4", "ssh:rock"]
    (squares,) = found.rows[0].squares
    assert "26 ms, 2 threads on ssh:pi4" in squares[0].figures
