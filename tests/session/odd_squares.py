"""A task whose workers meet what real ones meet."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from edgeface.engine.task import parts_of
from edgeface.errors import InputError

SQUARES = {0: [0, 1], 1: [4, 9], 2: [16, 25], 3: [36, 49], 4: [64]}


@dataclass(frozen=True)
class Squares:
    """Squares of numbers, each with its worker's process; an error, a killed worker or a pause at some of them.

    If a folder for notes is given, a worker is killed only once.
    """

    error: int | None = None
    killed: int | None = None
    notes: Path | None = None
    pause_s: float = 0.0

    def open(self):
        return self._compute

    def _compute(self, part):
        if self.error in part:
            raise InputError("no such number", where=str(self.error), fix="another one")
        if self.killed in part and self._first_time(self.killed):
            os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(self.pause_s)
        return [(number * number, os.getpid()) for number in part]

    def _first_time(self, number):
        if self.notes is None:
            return True
        note = self.notes / str(number)
        if note.exists():
            return False
        note.touch()
        return True


def squares(engine, task, size=2):
    """The squares of 0 to 8 by part."""
    return {number: [value for value, _ in found] for number, found in engine.run(task, parts_of(range(9), size))}
