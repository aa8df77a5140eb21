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


@pytest.mark.usefixtures("shown")
def test_a_long_run_takes_at_most_ten_lines_on_stderr(capsys):
    assert list(progress.track(range(1234), "counting")) == list(range(1234))
    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 10
    assert err.splitlines()[-1] == "counting: 1234/1234"


@pytest.mark.usefixtures("shown")
def test_items_without_a_length_are_counted_at_the_end(capsys):
    assert list(progress.track(iter("abc"), "counting")) == ["a", "b", "c"]
    assert capsys.readouterr().err == "counting: 3\n"


@pytest.mark.usefixtures("shown")
def test_a_terminal_gets_a_bar_and_the_same_items(monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    assert list(progress.track([1, 2], "counting")) == [1, 2]


@pytest.mark.usefixtures("shown")
def test_a_step_says_how_long_it_took(capsys):
    with progress.step("counting"):
        pass
    assert capsys.readouterr().err.startswith("counting …\ncounting: done in 0.0 s")


def test_rich_is_imported_only_for_a_bar():
    code = "import sys, edgeface.core.progress; sys.exit('rich' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
