"""SIGTERM and SIGHUP end a command as Ctrl-C does: what it made so far is cleaned up."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = (signal.SIGTERM, signal.SIGHUP)


class Terminated(KeyboardInterrupt):
    """The process was asked to end by a signal, `number`."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number

    @property
    def exit_code(self) -> int:
        """As shells report a process that a signal ended: 143 for SIGTERM, 129 for SIGHUP."""
        return 128 + self.number


@contextmanager
def termination_raised() -> Iterator[None]:
    """Raise Terminated in the main thread on the first signal; further ones are ignored, so that cleaning up ends.

    A signal that the caller chose to ignore (nohup) stays ignored. In a thread other than the main one this does
    nothing.
    """
    before = {}
    try:
        for number in _SIGNALS:
            if signal.getsignal(number) is signal.SIG_DFL:
                before[number] = signal.signal(number, _raise)
    except ValueError:  # not the main thread
        pass
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _raise(number: int, _: FrameType | None) -> None:
    for each in _SIGNALS:
        if signal.getsignal(each) is _raise:
            signal.signal(each, signal.SIG_IGN)
    raise Terminated(number)
