"""Prefetching: produce the next items while the current one is processed."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

MAX_WORKERS = 4
"""More would only wait for the thread that reads images."""


class _Share:
    most: int | None = None


def share_processors(most: int) -> None:
    """Let this process use so many processors, since others like it use the others."""
    _Share.most = most


def processors() -> int:
    """The number of processors that this process may use."""
    found = len(os.sched_getaffinity(0))
    return found if _Share.most is None else min(found, _Share.most)


def prefetch(items: Iterable[Item]) -> Iterator[Item]:
    """The same items in the same order, produced one ahead in a background thread.

    Worthwhile where producer and consumer both release the interpreter's lock: decoding, runtimes, large arrays.
    """
    iterator = iter(items)
    with ThreadPoolExecutor(1) as pool:
        ahead: Future[list[Item]] = pool.submit(_take, iterator)
        while taken := ahead.result():
            ahead = pool.submit(_take, iterator)
            yield taken[0]


def map_ahead(function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
    """The function's result for each item in order, computed by some threads at once.

    As many items are in work as there are threads, and the next one is produced in another thread, so that memory does
    not grow with the number of items.
    """
    workers = min(processors(), MAX_WORKERS)
    with ThreadPoolExecutor(workers) as pool:
        waiting: deque[Future[Result]] = deque()
        for item in prefetch(items):
            if len(waiting) == workers:
                yield waiting.popleft().result()
            waiting.append(pool.submit(function, item))
        while waiting:
            yield waiting.popleft().result()


def _take(iterator: Iterator[Item]) -> list[Item]:
    """A list of the next item; empty at the end."""
    return [item for _, item in zip(range(1), iterator, strict=False)]
