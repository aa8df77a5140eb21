"""Commands that are ended, or whose disk is full, at a chosen one of their changes to files."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

DRIVER = """
import errno, json, os, re, resource, signal, sys
how, at, watched, arguments = sys.argv[1], int(sys.argv[2]), sys.argv[3].split(os.pathsep), sys.argv[4:]
changes, kinds = 0, {}

def is_change(event, given):
    if event == "open":
        path, mode, flags = given
        return isinstance(path, (str, bytes)) and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
    return event in {"os.mkdir", "os.rename", "os.link", "os.remove", "os.rmdir"}

def watch(event, given):
    global changes
    if not is_change(event, given) or not os.path.abspath(os.fsdecode(given[0])).startswith(tuple(watched)):
        return
    changes += 1
    name = re.sub("[0-9a-f]{16}|[0-9]+", "N", os.path.relpath(os.fsdecode(given[0]), watched[0]))
    kinds.setdefault(event + " " + name, []).append(changes)
    if changes != at:
        return
    if how == "full" and event not in {"os.remove", "os.rmdir"}:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), os.fsdecode(given[0]))
    if how == "short":
        resource.setrlimit(resource.RLIMIT_FSIZE, (1, resource.RLIM_INFINITY))
    if how.isdigit():
        os.kill(os.getpid(), int(how))

sys.addaudithook(watch)
from edgeface.cli import main
try:
    main(arguments)
finally:
    sys.stderr.write("changes " + json.dumps(kinds) + "\\n")
"""
"""Runs a command; at its change number `at` in a watched folder something happens: a signal's number is sent to the
process, "full" lets the change itself fail as on a full disk, "short" lets what is written from then on fail."""


_OF_OTHERS = {".ses"}
"""ONNX Runtime 1.31 writes it into the folder for temporary files when it is imported."""


@dataclass(frozen=True)
class Ended:
    """How a command ended; `kinds` has the numbers of its changes to files by what they change, where it could say."""

    code: int
    err: str
    kinds: Mapping[str, list[int]] = field(default_factory=dict, repr=False)

    @property
    def changes(self) -> int:
        """How many changes to files it made."""
        return sum(map(len, self.kinds.values()))

    def of_each_kind(self, *events: str) -> list[int]:
        """The first and the last change of each kind, of these events of Python's audit."""
        chosen = [found for kind, found in self.kinds.items() if kind.split()[0] in events]
        return sorted({number for found in chosen for number in (found[0], found[-1])})


@dataclass(frozen=True)
class Interrupted:
    """Runs commands whose temporary files are in `temporary`, and whose output is in `out`."""

    out: Path
    temporary: Path

    def run(self, arguments: Sequence[object], how: str = "never", at: int = 0) -> Ended:
        """Run a command to its end, or to where something happens to it."""
        watched = os.pathsep.join(map(str, (self.out, self.temporary)))
        command = [sys.executable, "-c", DRIVER, how, str(at), watched, *map(str, arguments)]
        done = subprocess.run(command, env=self._environment, capture_output=True, text=True, check=False)
        said, _, kinds = done.stderr.rpartition("changes ")
        if not kinds.startswith("{"):  # it was killed
            return Ended(done.returncode, done.stderr)
        return Ended(done.returncode, said, json.loads(kinds))

    def run_for(self, arguments: Sequence[object], seconds: float, number: int) -> Ended:
        """Run a command, and send it a signal after a time."""
        command = [sys.executable, "-m", "edgeface", *map(str, arguments)]
        with subprocess.Popen(
            command, env=self._environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        ) as made:
            try:
                _, err = made.communicate(timeout=seconds)
            except subprocess.TimeoutExpired:
                made.send_signal(number)
                _, err = made.communicate()
        return Ended(made.returncode, err.decode(errors="replace"))

    def left_over(self) -> list[str]:
        """What is hidden in the folder of results, and all that is in the one for temporary files."""
        hidden = [str(path) for path in self.out.rglob(".*")] if self.out.is_dir() else []
        return sorted([*hidden, *(str(path) for path in self.temporary.iterdir() if path.name not in _OF_OTHERS)])

    @property
    def _environment(self) -> Mapping[str, str]:
        return {**os.environ, "TMPDIR": str(self.temporary), "PYTHONDONTWRITEBYTECODE": "1", "OMP_NUM_THREADS": "1"}


KILL, TERM = str(int(signal.SIGKILL)), str(int(signal.SIGTERM))
