"""This machine as an engine: the same results from one process and from several, and none left over."""

from __future__ import annotations

import os
import time

import pytest
from odd_squares import SQUARES, Squares, squares

from edgeface.engine.local import Local
from edgeface.errors import InputError, RuntimeFailure


@pytest.mark.parametrize("workers", [1, 3])
def test_any_number_of_workers_gives_the_same_results(workers):
    assert squares(Local(workers), Squares()) == SQUARES


def test_a_lost_worker_costs_its_part_only(tmp_path):
    assert squares(Local(2), Squares(killed=4, notes=tmp_path)) == SQUARES


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


def test_parts_are_read_only_as_they_are_needed_and_closing_ends_the_processes():
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
