"""Commands that are printed start as the user's shell finds this program."""

from __future__ import annotations

import subprocess
import sys

import pytest

from edgeface.cli.program import activation, program_name, program_words


@pytest.fixture
def environment(tmp_path, monkeypatch):
    """An environment in the working folder, whose program says where it is."""
    place = tmp_path / "a folder" / ".venv" / "bin"
    place.mkdir(parents=True)
    for name in ("python", "edgeface"):
        (place / name).write_text(f"#!/bin/sh\necho {name} $@\n")
        (place / name).chmod(0o755)
    (place / "activate").touch()
    monkeypatch.chdir(place.parents[1])
    monkeypatch.setattr(sys, "executable", str(place / "python"))
    monkeypatch.setattr(sys, "prefix", str(place.parent))
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    return place


def test_one_that_is_not_on_path_is_named_by_its_path_from_here(environment):
    assert program_words() == (".venv/bin/edgeface",)
    assert activation() == "source .venv/bin/activate"


def test_from_elsewhere_it_is_the_whole_path_quoted(environment, monkeypatch, tmp_path):
    monkeypatch.chdir("/")
    ran = subprocess.run(f"{program_name()} check x", shell=True, capture_output=True, text=True, check=True)
    assert ran.stdout == "edgeface check x\n"


def test_on_path_its_name_is_enough(environment, monkeypatch):
    monkeypatch.setenv("PATH", f"{environment}:/bin")
    assert (program_name(), activation()) == ("edgeface", None)


def test_another_one_on_path_is_not_this_one(environment, monkeypatch, tmp_path):
    (tmp_path / "edgeface").write_text("#!/bin/sh\n")
    (tmp_path / "edgeface").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin")
    assert program_words() == (".venv/bin/edgeface",)


def test_without_a_program_python_runs_the_package(environment):
    (environment / "edgeface").unlink()
    assert program_words() == (".venv/bin/python", "-m", "edgeface")
