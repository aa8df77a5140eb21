"""Engines of this machine: this process, or some processes."""

from __future__ import annotations

import os
import pickle
import time
from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from multiprocessing.connection import wait

from edgeface.engine.cargo import Cargo
from edgeface.engine.dispatch import Answer, Dispatch, Lost
from edgeface.engine.process import END_S, Process
from edgeface.engine.task import Part, Result, Task
from edgeface.errors import InputError

_LOOK_S = 1.0


def usable_cores() -> int:
    """Cores that this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass(frozen=True)
class Local:
    """This machine: with one worker this process computes, with more some processes do.

    Attributes:
        workers: at least 1.
    """

    workers: int = 1

    def __post_init__(self) -> None:
        """Refuse no workers."""
        if self.workers < 1:
            raise InputError(f"{self.workers} is not a number of processes", where="--jobs", fix="use 1 or more")

    def run(self, task: Task[Part, Result], parts: Iterable[Part]) -> Generator[tuple[int, Result], None, None]:
        """As `Engine.run`; one part alone is computed in this process."""
        source = iter(parts)
        first = list(islice(source, max(self.workers, 2)))
        every = chain(first, source)
        if self.workers == 1 or len(first) < 2:
            return _here(task, every)
        return _in_processes(task, every, min(self.workers, len(first)))


HERE = Local(1)
"""This process."""


def _here(task: Task[Part, Result], parts: Iterable[Part]) -> Generator[tuple[int, Result], None, None]:
    compute = task.open()
    for number, part in enumerate(parts):
        yield number, compute(part)


def _in_processes(
    task: Task[Part, Result], parts: Iterable[Part], count: int
) -> Generator[tuple[int, Result], None, None]:
    fleet = _Processes(pickle.dumps(Cargo(task, {}), pickle.HIGHEST_PROTOCOL), count)
    try:
        yield from Dispatch(fleet, parts).results()
    finally:
        fleet.end()


class _Processes:
    """So many processes, each replaced when it is lost."""

    def __init__(self, cargo: bytes, count: int) -> None:
        self._cargo, self._count = cargo, count
        self._alive: list[Process] = []

    def start(self) -> Sequence[Process]:
        new = []
        while len(self._alive) < self._count:
            new.append(Process(self._cargo))
            self._alive.append(new[-1])
        return new

    def wait(self) -> Sequence[tuple[Process, Answer | Lost]]:
        by_connection = {process.connection: process for process in self._alive}
        found = []
        for connection in wait(list(by_connection), _LOOK_S):
            process = next(process for process in self._alive if process.connection is connection)
            news = process.news()
            if isinstance(news, Lost):
                self._alive.remove(process)
                process.close()
                process.join(END_S)
            found.append((process, news))
        return found

    def end(self) -> None:
        """End all at once, whatever they do."""
        for process in self._alive:
            process.close()
        until = time.monotonic() + END_S
        for process in self._alive:
            process.join(max(until - time.monotonic(), 0))
        self._alive = []
