"""This machine as an engine: the same results from one process and from several, and none left over."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from edgeface.engine.local import Local
from edgeface.engine.task import parts_of
from edgeface.errors import InputError, RuntimeFailure


@dataclass(frozen=True)
class Squares:
    """Squares of numbers; odd things happen at some of them, once if a folder for notes is given."""

    error: int | None = None
    killed: int | None = None
    notes: Path | None = None

    def open(self):
        return self._compute

    def _compute(self, part):
        if self.error in part:
            raise InputError("no such number", where=str(self.error), fix="another one")
        if self.killed in part and self._first_time(self.killed):
            os.kill(os.getpid(), signal.SIGKILL)
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
    return {number: [value for value, _ in found] for number, found in engine.run(task, parts_of(range(9), size))}


EXPECTED = {0: [0, 1], 1: [4, 9], 2: [16, 25], 3: [36, 49], 4: [64]}


@pytest.mark.parametrize("workers", [1, 3])
def test_any_number_of_workers_gives_the_same_results(workers):
    assert squares(Local(workers), Squares()) == EXPECTED


def test_a_lost_worker_costs_its_part_only(tmp_path):
    assert squares(Local(2), Squares(killed=4, notes=tmp_path)) == EXPECTED


def test_a_part_that_ends_every_worker_is_named():
    with pytest.raises(RuntimeFailure, match=r"3 workers ended unexpectedly.*SIGKILL") as caught:
        squares(Local(2), Squares(killed=4))
    assert caught.value.where == "part 3: 4 to 5 (2)"


def test_an_error_of_a_part_is_the_error_of_the_run():
    with pytest.raises(InputError) as caught:
        squares(Local(2), Squares(error=5))
    assert caught.value.as_dict() == {
        "error": "InputError",
        "what": "no such number",
        "where": "5",
        "fix": "another one",
    }
    assert "_compute" in str(caught.value.__cause__)


def test_one_part_is_computed_in_this_process():
    ((_, found),) = Local(4).run(Squares(), [(3,)])
    assert found == [(9, os.getpid())]


def test_parts_are_read_only_as_they_are_needed():
    read = []

    def numbers():
        for number in range(10**9):
            read.append(number)
            yield (number,)

    results = Local(2).run(Squares(), numbers())
    pids = {pid for _, ((_, pid),) in (next(results) for _ in range(6))}
    results.close()
    assert len(read) < 20
    assert os.getpid() not in pids
    assert not any(_lives(pid) for pid in pids)


def _lives(pid):
    for _ in range(50):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
        time.sleep(0.1)
    return True
