"""The Dockerfile copies what is there, installs what the project has, and its user has no rights.

No container runs where edgeface is tested, so the image itself is not built.
"""

from __future__ import annotations

import fnmatch
import re

try:
    import tomllib
except ImportError:
    import tomli as tomllib
from dataclasses import dataclass

import pytest
from pages import ROOT

TEXT = (ROOT / "Dockerfile").read_text(encoding="utf-8")
PROJECT = (ROOT / "pyproject.toml").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Instruction:
    """A line of a Dockerfile: its word, and what stands behind it."""

    word: str
    rest: str


def instructions(text: str) -> list[Instruction]:
    lines = re.sub(r"\\\n", " ", re.sub(r"^#.*\n", "", text, flags=re.MULTILINE)).splitlines()
    return [Instruction(*line.split(maxsplit=1)) for line in lines if line.strip()]


ALL = instructions(TEXT)
KNOWN = {"FROM", "WORKDIR", "COPY", "RUN", "ENV", "USER", "ENTRYPOINT", "CMD"}


def of(word: str) -> list[str]:
    return [each.rest for each in ALL if each.word == word]


def copied() -> list[str]:
    """Paths that are copied from the repository."""
    return [path for rest in of("COPY") if not rest.startswith("--from") for path in rest.split()[:-1]]


def ignored(path: str) -> bool:
    """Whether .dockerignore keeps a path of the root away: the last line that matches decides."""
    found = False
    for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#") and fnmatch.fnmatch(path, line.removeprefix("!")):
            found = not line.startswith("!")
    return found


def test_it_is_made_of_instructions_that_are_known():
    assert {each.word for each in ALL} <= KNOWN
    assert ALL[0].word == "FROM"


def test_what_is_copied_is_there_and_reaches_the_builder():
    assert len(copied()) >= 5
    assert [path for path in copied() if not (ROOT / path).exists() or ignored(path)] == []


def test_nothing_else_reaches_the_builder():
    there = {path.name for path in ROOT.iterdir()}
    assert {path for path in there if not ignored(path)} == set(copied())


def test_what_the_build_reads_is_copied():
    project = tomllib.loads(PROJECT)
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    read = {project["project"]["readme"], *project["project"]["license-files"], "pyproject.toml", "constraints.txt"}
    read |= {path.strip("/").split("/")[0] for path in wheel["include"]}
    assert read <= set(copied())


def test_it_installs_extras_that_exist_and_no_torch():
    (installed,) = [rest for rest in of("RUN") if "pip install" in rest]
    assert "-c constraints.txt" in installed
    extras = tomllib.loads(PROJECT)["project"]["optional-dependencies"]
    (named,) = re.findall(r"\.\[([\w,]+)\]", installed)
    assert not {"torch", "all", "dev"} & set(named.split(","))
    assert not [extra for extra in named.split(",") if extra not in extras]


def test_the_python_of_both_stages_is_one_that_edgeface_runs_on():
    images = {rest.split(" ")[0] for rest in of("FROM")}
    (image,) = images
    version = re.search(r"python:([\d.]+)-slim", image)[1]
    assert f"Python :: {version}" in PROJECT


def test_a_user_without_rights_runs_the_program_that_is_installed():
    last = ALL[max(n for n, each in enumerate(ALL) if each.word == "FROM") :]
    (user,) = [each.rest for each in last if each.word == "USER"]
    assert any(f"useradd --create-home --uid 1000 {user}" == each.rest for each in last if each.word == "RUN")
    assert [each.rest for each in last if each.word == "ENTRYPOINT"] == ['["edgeface"]']
    assert "edgeface" in tomllib.loads(PROJECT)["project"]["scripts"]


@pytest.mark.parametrize("path", ["README.md", "edgeface", ".git", "tests"])
def test_the_last_line_that_matches_decides(path):
    assert ignored(path) is (path in {".git", "tests"})
