"""Progress on stderr: a bar or a line that changes on a terminal, few plain lines elsewhere.

Silent until `show` is called, which the CLI does, so that library code may always report. Elsewhere than on a terminal
a stage writes one line when it starts, one every ten seconds, and one at its end if it took that long; stages inside
others write only the lines of every ten seconds.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator, Sized
from contextlib import contextmanager
from typing import TypeVar

from edgeface.core.terminal import columns, is_terminal
from edgeface.core.visible import visible, visible_lines
from edgeface.core.wrapping import paragraphs

Item = TypeVar("Item")

EVERY_S = 10.0
"""Seconds between two lines of one stage where no terminal shows them."""

_CLEARED = "\r\x1b[K"


class _State:
    shown = False
    depth = 0
    line_open = False  # a step's line on the terminal waits for its end
    last_s = 0.0


def show(shown: bool = True) -> None:
    """Turn progress on stderr on or off."""
    _State.shown, _State.depth, _State.line_open = shown, 0, False


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
    elif is_terminal(sys.stderr):
        yield from _bar(items, description, count)
    else:
        yield from _lines(items, description, count)


@contextmanager
def step(description: str) -> Iterator[None]:
    """Report a step's start, and how many seconds it took at its end."""
    start = time.perf_counter()
    terminal = _State.shown and is_terminal(sys.stderr)
    if terminal:
        _open_line(f"{description} …")
    else:
        _start(f"{description} …")
    _State.depth += 1
    try:
        yield
    finally:
        _State.depth -= 1
    seconds = time.perf_counter() - start
    if terminal or seconds >= EVERY_S:
        note(f"{description}: {seconds:.1f} s")


def note(line: str) -> None:
    """Write one line to stderr, if progress is shown; on a terminal wrapped to its width."""
    if not _State.shown:
        return
    end_line()
    text = visible_lines(line)
    if is_terminal(sys.stderr):
        text = paragraphs(text, columns(sys.stderr))
    print(text, file=sys.stderr, flush=True)
    _State.last_s = time.perf_counter()


def end_line() -> None:
    """Remove the line of an unfinished step from the terminal, so that something else can be written there."""
    if _State.line_open:
        _State.line_open = False
        _write(_CLEARED)


def _open_line(text: str) -> None:
    """Write a line that something else will take the place of."""
    end_line()
    _write(visible(text)[: columns(sys.stderr) - 1])
    _State.line_open = True


def _write(text: str) -> None:
    """Write to the terminal itself: our own sequences must reach it."""
    stream = getattr(sys.stderr, "unfiltered", sys.stderr)
    stream.write(text)
    stream.flush()


def _start(line: str) -> None:
    """Write the line of a stage's start, unless it is part of another stage that wrote lately."""
    if not _State.depth or time.perf_counter() - _State.last_s >= EVERY_S:
        note(line)


def _lines(items: Iterable[Item], description: str, count: int | None) -> Iterator[Item]:
    start, done = time.perf_counter(), 0
    of = f"/{count}" if count else ""
    _start(f"{description}{f' ({count})' if count else ''} …")
    _State.depth += 1
    try:
        for done, item in enumerate(items, start=1):
            yield item
            if time.perf_counter() - _State.last_s >= EVERY_S:
                note(f"{description}: {done}{of}")
    finally:
        _State.depth -= 1
    seconds = time.perf_counter() - start
    if seconds >= EVERY_S:
        note(f"{description}: {done}{of}, {seconds:.0f} s")


def _bar(items: Iterable[Item], description: str, count: int | None) -> Iterator[Item]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    end_line()
    columns_ = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    stream = getattr(sys.stderr, "unfiltered", sys.stderr)  # the bar's own sequences must reach the terminal
    with Progress(*columns_, console=Console(file=stream), transient=True) as progress:
        task = progress.add_task(visible(description), total=count)
        for item in items:
            yield item
            progress.advance(task)
