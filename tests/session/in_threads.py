"""Calls from several threads at once."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier
from typing import TypeVar

Given = TypeVar("Given")
Found = TypeVar("Found")


def in_threads(call: Callable[[Given], Found], given: Sequence[Given], threads: int = 8) -> list[Found]:
    """What `call` returns for each item, in their order, by threads that start together and switch often."""
    start = Barrier(threads)

    def work(first: int) -> list[Found]:
        start.wait()
        return [call(item) for item in given[first::threads]]

    found: list[Found | None] = [None] * len(given)
    with _switching_often(), ThreadPoolExecutor(threads) as pool:
        for first, results in enumerate(pool.map(work, range(threads))):
            found[first::threads] = results
    return found  # type: ignore[return-value]


@contextmanager
def _switching_often() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        yield
    finally:
        sys.setswitchinterval(before)
