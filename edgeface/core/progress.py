"""Progress on stderr: a bar on a terminal, a few plain lines elsewhere.

Silent until `show` is called, which the CLI does, so that library code may always report.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator, Sized
from contextlib import contextmanager
from typing import TypeVar

from edgeface.core.visible import visible, visible_lines

Item = TypeVar("Item")

_STEPS = 10


class _State:
    shown = False


def show(shown: bool = True) -> None:
    """Turn progress on stderr on or off."""
    _State.shown = shown


@contextmanager
def quiet() -> Iterator[None]:
    """Report nothing inside the block: its caller reports the whole of it."""
    before = _State.shown
    _State.shown = False
    try:
        yield
    finally:
        _State.shown = before


def track(items: Iterable[Item], description: str, total: int | None = None) -> Iterator[Item]:
    """The same items, with progress reported.

    Args:
        items: what is processed.
        description: what is done with them, as in "calibrating".
        total: their number, if `items` has no length.

    Yields:
        The items, unchanged and in order.
    """
    count = len(items) if total is None and isinstance(items, Sized) else total
    if not _State.shown:
        yield from items
    elif sys.stderr.isatty():
        yield from _bar(items, description, count)
    else:
        yield from _lines(items, description, count)


@contextmanager
def step(description: str) -> Iterator[None]:
    """Report a step's start, and at its end how many seconds it took."""
    start = time.perf_counter()
    note(f"{description} …")
    yield
    note(f"{description}: done in {time.perf_counter() - start:.1f} s")


def note(line: str) -> None:
    """Write one line to stderr, if progress is shown."""
    if _State.shown:
        print(visible_lines(line), file=sys.stderr, flush=True)


def _lines(items: Iterable[Item], description: str, count: int | None) -> Iterator[Item]:
    done, reported = 0, 0
    for done, item in enumerate(items, start=1):
        yield item
        if count and done * _STEPS // count > reported:
            reported = done * _STEPS // count
            note(f"{description}: {done}/{count}")
    if not count:
        note(f"{description}: {done}")


def _bar(items: Iterable[Item], description: str, count: int | None) -> Iterator[Item]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    stream = getattr(sys.stderr, "unfiltered", sys.stderr)  # the bar's own sequences must reach the terminal
    with Progress(*columns, console=Console(file=stream), transient=True) as progress:
        task = progress.add_task(visible(description), total=count)
        for item in items:
            yield item
            progress.advance(task)
