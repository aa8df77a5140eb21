"""A worker process: started by spawning, deaf to Ctrl-C, ended with its parent."""

from __future__ import annotations

import os
import pickle
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection
from queue import SimpleQueue
from typing import Any

from edgeface.engine.dispatch import Answer, Lost
from edgeface.engine.serve import Serving, prepare_process

END_S = 2.0
"""Seconds in which a worker ends by itself once it is not needed; then it is killed."""

_ORPHAN_S = 1.0


class Process:
    """A worker process of this one, computing with one thread where libraries can be told so.

    Args:
        cargo: the task with its files, pickled.
    """

    def __init__(self, cargo: bytes) -> None:
        context = get_context("spawn")  # not forked: runtimes' threads do not survive a fork
        self.connection, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, cargo), daemon=True)
        with _interrupts_ignored():  # the process inherits it: Ctrl-C reaches only this process, which then ends it
            self._process.start()
        theirs.close()

    def send(self, number: int, part: Any) -> None:
        """Give it a part; a thread of its own takes it at once, so that this does not wait for computations."""
        with suppress(OSError):  # it is dead: its end of the connection says so
            self.connection.send((number, part))

    def news(self) -> Answer | Lost:
        """What it has to say; it must have something."""
        try:
            answer: Answer = pickle.loads(self.connection.recv_bytes())
        except (EOFError, OSError):
            self._process.join(END_S)
            code = self._process.exitcode
            said = f"exit status {code}" if code is None or code >= 0 else signal.Signals(-code).name
            return Lost(f"a process, by {said}")
        return answer

    def close(self) -> None:
        """Tell it to end."""
        self.connection.close()

    def join(self, wait_s: float) -> None:
        """Wait for its end; kill it after some seconds."""
        self._process.join(wait_s)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
        self._process.close()


def _serve(connection: Connection, cargo: bytes) -> None:
    prepare_process()
    parts: SimpleQueue[tuple[int, Any] | None] = SimpleQueue()
    threading.Thread(target=_receive, args=(connection, parts), daemon=True).start()
    serving = Serving(cargo)
    while (received := parts.get()) is not None:
        answer = serving.answer(*received)
        with suppress(OSError):  # no one waits for it any more
            connection.send_bytes(answer)
    serving.end()


def _receive(connection: Connection, parts: SimpleQueue[tuple[int, Any] | None]) -> None:
    """Pass on what comes; end this process when its parent has closed the connection, or was killed."""
    try:
        while True:
            parts.put(connection.recv())
    except (EOFError, OSError):
        parts.put(None)
    threading.Event().wait(_ORPHAN_S)
    os._exit(1)  # it still computes: for no one


@contextmanager
def _interrupts_ignored() -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():  # only the main thread may handle signals
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
