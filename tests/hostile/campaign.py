"""Processes that try inputs, so that one that kills its process is seen, named, and the rest goes on."""

from __future__ import annotations

import ctypes
import json
import mmap
import os
import resource
import selectors
import signal
import struct
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tests.hostile.case import SEED, case_of
from tests.hostile.watch import Outcome, watch

Input = tuple[str, int]

HANG_CPU_S = 5.0
"""Seconds of CPU after which the kernel ends the process that tries an input, in native code too."""

HANG_S = 60.0
"""Seconds on the clock after which one that waits is ended from outside."""

TWICE_EVERY = 16
_ADDRESS_SPACE = 6 << 30
"""Bytes that a process may map beyond what it has: what asks for more gets an error, not the machine's memory."""

_SLOT = struct.Struct("<qd")
_NONE = -1
_PR_SET_PDEATHSIG = 1
_RAM = Path("/dev/shm")


@dataclass
class _Worker:
    pid: int
    reports: int
    slot: mmap.mmap
    inputs: list[Input]
    rest: bytes = b""

    def now(self) -> tuple[int, float]:
        """The place in `inputs` of what is tried, and since when; −1 before the first."""
        place, since = _SLOT.unpack(self.slot[: _SLOT.size])
        return int(place), float(since)


def run(inputs: Sequence[Input], jobs: int, seed: int = SEED) -> Iterator[tuple[Input, Outcome]]:
    """Every input with its outcome, as they come.

    Args:
        inputs: kinds and indices; what their kinds prepare was prepared before.
        jobs: number of processes.
        seed: of all choices.
    """
    selector = selectors.DefaultSelector()
    with tempfile.TemporaryDirectory(prefix="hostile-", dir=_RAM if os.access(_RAM, os.W_OK) else None) as folder:

        def start(part: list[Input]) -> None:
            if part:
                worker = _fork(part, Path(folder), seed)
                selector.register(worker.reports, selectors.EVENT_READ, worker)

        for number in range(jobs):
            start(list(inputs[number::jobs]))
        try:
            while selector.get_map():
                for key, _ in selector.select(timeout=1.0):
                    worker: _Worker = key.data
                    data = os.read(worker.reports, 1 << 16)
                    yield from _reported(worker, data)
                    if not data:
                        selector.unregister(worker.reports)
                        place, outcome = _ended(worker)
                        if outcome is not None:
                            yield worker.inputs[place], outcome
                        start(worker.inputs[place + 1 :])
                _end_hanging([key.data for key in selector.get_map().values()])
        finally:
            for key in selector.get_map().values():
                os.kill(key.data.pid, signal.SIGKILL)
                os.waitpid(key.data.pid, 0)


def _fork(inputs: list[Input], folder: Path, seed: int) -> _Worker:
    read, write = os.pipe()
    slot = mmap.mmap(-1, mmap.PAGESIZE)
    slot[: _SLOT.size] = _SLOT.pack(_NONE, time.monotonic())
    sys.stdout.flush()
    parent = os.getpid()
    pid = os.fork()
    if pid:
        os.close(write)
        return _Worker(pid, read, slot, inputs)
    status = 1
    try:  # no way out of here but the last line: this is a copy of the whole program
        os.close(read)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        _end_with_parent(parent)
        _quiet()
        _limit_memory()
        for place, (kind, index) in enumerate(inputs):
            slot[: _SLOT.size] = _SLOT.pack(place, time.monotonic())
            signal.setitimer(signal.ITIMER_PROF, HANG_CPU_S)
            outcome = _tried(kind, index, folder / str(os.getpid()), seed)
            os.write(write, json.dumps([place, outcome.as_dict()]).encode() + b"\n")
        status = 0
    finally:
        os._exit(status)


def _tried(kind: str, index: int, folder: Path, seed: int) -> Outcome:
    try:
        return watch(case_of(kind, index, seed), folder, twice=index % TWICE_EVERY == 0)
    except BaseException as error:  # the campaign's own fault, or a door that leaves in another way
        return Outcome("foreign exception", f"outside the door: {type(error).__name__}: {str(error)[:200]}", 0, 0)


def _reported(worker: _Worker, data: bytes) -> Iterator[tuple[Input, Outcome]]:
    *lines, worker.rest = (worker.rest + data).split(b"\n")
    for line in lines:
        place, fields = json.loads(line)
        yield worker.inputs[place], Outcome(**fields)


def _ended(worker: _Worker) -> tuple[int, Outcome | None]:
    """The place of the last input that an ended process tried, and what ended it, None at the end of its inputs."""
    os.close(worker.reports)
    _, status = os.waitpid(worker.pid, 0)
    place, since = worker.now()
    seconds = time.monotonic() - since
    if os.WIFEXITED(status) and os.WEXITSTATUS(status) == 0:
        return len(worker.inputs), None
    if not os.WIFSIGNALED(status):
        return place, Outcome("signal", f"the process exited with {os.WEXITSTATUS(status)}", seconds, 0)
    ended_by = signal.Signals(os.WTERMSIG(status))
    if ended_by == signal.SIGPROF:
        return place, Outcome("hang", f"no end within {HANG_CPU_S:g} s of CPU", seconds, 0)
    if ended_by == signal.SIGKILL and seconds > HANG_S:
        return place, Outcome("hang", f"no end within {HANG_S:g} s", seconds, 0)
    return place, Outcome("signal", ended_by.name, seconds, 0)


def _end_hanging(workers: Sequence[_Worker]) -> None:
    for worker in workers:
        if time.monotonic() - worker.now()[1] > HANG_S:
            with suppress(ProcessLookupError):
                os.kill(worker.pid, signal.SIGKILL)


def _end_with_parent(parent: int) -> None:
    """Have the kernel end this process when its parent ends, however that ends."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def _quiet() -> None:
    """What native libraries and warnings print goes nowhere."""
    warnings.simplefilter("ignore")
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)


def _limit_memory() -> None:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    limit = pages * mmap.PAGESIZE + _ADDRESS_SPACE
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def prepare(prepared: Sequence[Callable[[], object]]) -> None:
    """Make, in this process, what its forks share."""
    for make in prepared:
        make()
