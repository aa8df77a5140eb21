"""Runs what the documentation shows; an export that several blocks show is run once for all of them."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from pages import Command
from shared_exports import made_once


@dataclass(frozen=True)
class Ran:
    """How a command ended, and all that it printed."""

    code: int
    output: str


@dataclass(frozen=True)
class Commands:
    """Runs commands in folders that hold `files`; what exports wrote is remembered in `memory`.

    `programs` is a folder that comes first in PATH: there edgeface may be one whose imports are done.
    """

    files: Path
    memory: Path
    programs: Path = Path(sys.executable).parent

    def run(self, command: Command, folder: Path) -> Ran:
        """Run a command in a folder, or take what the same one wrote and said before."""
        fresh = {path.name for path in folder.iterdir()} <= self._given
        if not command.is_remembered or (command.line.startswith("edgeface export") and not fresh):
            return _run(command.line, folder, self.programs)
        name = hashlib.sha256(command.line.encode()).hexdigest()[:16]
        known = made_once(self.memory / name, lambda goal: self._keep(command, folder, goal))
        shutil.copytree(known / "made", folder, dirs_exist_ok=True)
        code, output = (known / "printed").read_text(encoding="utf-8").split("\n", 1)
        return Ran(int(code), output)

    def _keep(self, command: Command, folder: Path, goal: Path) -> None:
        """Run a command beside what is in a folder; keep what it wrote and printed."""
        made = goal / "made"
        others = {path.name for path in folder.iterdir()} - self._given
        shutil.copytree(folder, made, symlinks=True, ignore=lambda at, _: others if Path(at) == folder else ())
        given = [path.name for path in made.iterdir()]
        ran = _run(command.line, made, self.programs)
        for name in given:
            path = made / name
            if path.is_symlink():
                path.unlink()
            else:
                shutil.rmtree(path)
        (goal / "printed").write_text(f"{ran.code}\n{ran.output}", encoding="utf-8")

    @property
    def _given(self) -> set[str]:
        """What remembered commands may read."""
        return {path.name for path in self.files.iterdir()} | {"mine"}

    def lay_out(self, folder: Path) -> None:
        """Link the prepared files into a folder."""
        for path in self.files.iterdir():
            (folder / path.name).symlink_to(path)


def _run(line: str, folder: Path, programs: Path) -> Ran:
    path = os.pathsep.join([str(programs), str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", line],
        cwd=folder,
        env={**os.environ, "PATH": path, "GITHUB_STEP_SUMMARY": str(folder / "summary.md"), "COLUMNS": "80"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=600,
        check=False,
    )
    return Ran(done.returncode, done.stdout)


def written_by(command: Command) -> list[str]:
    """What a command names by `--out`."""
    return re.findall(r"--out (\S+)", command.line)
