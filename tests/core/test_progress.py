from __future__ import annotations

import subprocess
import sys

import pytest

from edgeface.core import progress


@pytest.fixture
def shown():
    progress.show()
    yield
    progress.show(False)


def test_nothing_is_written_until_progress_is_shown(capsys):
    with progress.step("counting"):
        assert list(progress.track([1, 2, 3], "counting")) == [1, 2, 3]
    assert capsys.readouterr() == ("", "")


@pytest.fixture
def minutes(monkeypatch):
    """Make each look at the clock a second later than the one before."""
    ticks = iter(range(1_000_000))
    monkeypatch.setattr(progress.time, "perf_counter", lambda: float(next(ticks)))


@pytest.mark.usefixtures("shown")
def test_a_quick_stage_is_one_line(capsys):
    assert list(progress.track(range(1234), "counting")) == list(range(1234))
    assert capsys.readouterr() == ("", "counting (1234) …\n")


@pytest.mark.usefixtures("shown", "minutes")
def test_a_slow_stage_says_how_far_it_is_every_ten_seconds(capsys):
    assert list(progress.track(range(50), "counting")) == list(range(50))
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "counting (50) …"
    assert lines[-1].startswith("counting: 50/50, ")
    assert 4 <= len(lines) <= 8
    assert all(line.startswith("counting: ") for line in lines[1:])


@pytest.mark.usefixtures("shown")
def test_stages_inside_of_a_stage_add_no_line(capsys):
    with progress.step("exporting"):
        for name in progress.track(["a", "b"], "building"):
            with progress.step(f"emitting {name}"):
                list(progress.track([1, 2], "judging"))
    list(progress.track([1], "measuring"))
    assert capsys.readouterr().err == "exporting …\nmeasuring (1) …\n"


@pytest.mark.usefixtures("shown", "minutes")
def test_items_without_a_length_are_counted(capsys):
    assert list(progress.track(iter("abc" * 9), "counting")) == list("abc" * 9)
    assert capsys.readouterr().err.splitlines()[-1].startswith("counting: 27, ")


@pytest.mark.usefixtures("shown")
def test_a_terminal_gets_a_bar_and_the_same_items(monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    assert list(progress.track([1, 2], "counting")) == [1, 2]


@pytest.mark.usefixtures("shown")
def test_a_step_that_took_long_says_how_long(capsys, monkeypatch):
    with progress.step("counting"):
        pass
    assert capsys.readouterr().err == "counting …\n"
    monkeypatch.setattr(progress, "EVERY_S", 0.0)
    with progress.step("counting"):
        pass
    assert capsys.readouterr().err.startswith("counting …\ncounting: 0.0 s")


@pytest.mark.usefixtures("shown")
def test_on_a_terminal_a_step_is_one_line_that_ends_with_its_seconds(capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", "40")
    with progress.step("counting"):
        progress.note("a remark that is longer than the line that is there for it")
    assert capsys.readouterr().err == (
        "counting …\r\x1b[Ka remark that is longer than the line\nthat is there for it\ncounting: 0.0 s\n"
    )


@pytest.mark.usefixtures("shown")
def test_a_step_that_fails_leaves_no_half_line(capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)

    def fail():
        with progress.step("counting"):
            raise ValueError("halfway")

    with pytest.raises(ValueError, match="halfway"):
        fail()
    progress.end_line()
    assert capsys.readouterr().err == "counting …\r\x1b[K"


def test_rich_is_imported_only_for_a_bar():
    code = "import sys, edgeface.core.progress; sys.exit('rich' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
