"""How the user calls the program that runs, so that commands that it prints run as they are printed."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from pathlib import Path

NAME = "edgeface"


def program_words() -> tuple[str, ...]:
    """The words that start this program in the user's shell.

    "edgeface" if PATH leads to this one, else its path, relative if it is below the working folder; else the Python
    that runs it, with -m.
    """
    script = Path(sys.executable).parent / NAME
    found = shutil.which(NAME)
    if found is not None and _same(Path(found), script):
        return (NAME,)
    if script.is_file() and os.access(script, os.X_OK):
        return (_short(script),)
    return (_short(Path(sys.executable)), "-m", NAME)


def program_name() -> str:
    """The same as text for a shell."""
    return shlex.join(program_words())


def activation() -> str | None:
    """The command that puts this program on PATH; None where it is there, or is in no environment of its own."""
    script = Path(sys.prefix) / "bin" / "activate"
    if program_words() == (NAME,) or sys.prefix == sys.base_prefix or not script.is_file():
        return None
    return f"source {shlex.quote(_short(script))}"


def _same(found: Path, script: Path) -> bool:
    try:
        return found.samefile(script)
    except OSError:
        return False


def _short(path: Path) -> str:
    """A path as it is typed in the working folder."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
