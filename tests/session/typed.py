"""Commands typed into a terminal of a width, and what is left on its screen."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import shlex
import struct
import sys
import termios
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_SEQUENCE = re.compile(r"\x1b\[([0-9;?]*)([A-Za-z])|(\r|\n)|([^\x1b\r\n]+)")
_STARTED = "from edgeface.cli import main; main()"


@dataclass(frozen=True)
class Typed:
    """How a command ended, all bytes that it wrote as text, and the lines that are left."""

    code: int
    raw: str
    lines: tuple[str, ...]

    @property
    def said(self) -> str:
        """The lines as one."""
        return " ".join(" ".join(self.lines).split())


def typed(line: str, folder: Path, columns: int = 80, extra: Mapping[str, str] | None = None) -> Typed:
    """Run a command line of edgeface in a terminal.

    Args:
        line: starts with "edgeface".
        folder: where it is typed.
        columns: the terminal's width.
        extra: further variables.
    """
    _, *words = shlex.split(line)
    hidden = {"COLUMNS", "NO_COLOR", "LINES"}
    given = {name: value for name, value in os.environ.items() if name not in hidden}
    environment = {**given, "TERM": "xterm-256color", **(extra or {})}
    near, far = pty.openpty()
    fcntl.ioctl(far, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    command = [sys.executable, "-c", _STARTED, *words]
    process = os.posix_spawn(
        "/bin/sh",
        ["/bin/sh", "-c", f"cd {shlex.quote(str(folder))} && exec {shlex.join(command)}"],
        environment,
        file_actions=[(os.POSIX_SPAWN_DUP2, far, number) for number in (0, 1, 2)] + [(os.POSIX_SPAWN_CLOSE, near)],
    )
    os.close(far)
    written = bytearray()
    while part := _read(near):
        written += part
    os.close(near)
    _, status = os.waitpid(process, 0)
    raw = written.decode(errors="replace")
    return Typed(os.waitstatus_to_exitcode(status), raw, tuple(screen(raw)))


def screen(raw: str) -> list[str]:
    """The lines that a terminal shows at last, without colors; wide enough for every line that is written."""
    rows, row, column = [""], 0, 0
    for found in _SEQUENCE.finditer(raw):
        number, kind, control, text = found.groups()
        if control == "\n":
            row += 1
            rows += [""] * (row - len(rows) + 1)
        elif control == "\r":
            column = 0
        elif kind == "A":
            row = max(0, row - int(number or 1))
        elif kind == "K":
            rows[row] = "" if number == "2" else rows[row][:column]
        elif text:
            rows[row] = rows[row][:column].ljust(column) + text + rows[row][column + len(text) :]
            column += len(text)
    return [line.rstrip() for line in rows]


def _read(file: int) -> bytes:
    try:
        return os.read(file, 65536)
    except OSError:  # Linux says so when the last program that has the terminal ends
        return b""
