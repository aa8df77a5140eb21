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


def prefetch(
    items: Iterable[Item], size: Callable[[Item], float] = lambda _: 1.0, enough: float = 1.0
) -> Iterator[Item]:
    """The same items in the same order, produced ahead in a background thread, by default one.

    Worthwhile where producer and consumer both release the interpreter's lock: decoding, runtimes, large arrays. To
    hand over small items one by one takes as long as to produce them: let some be handed over together.

    Args:
        items: the items.
        size: how large an item is.
        enough: how large the items that are handed over together are; the first is handed over alone.
    """
    iterator = iter(items)
    with ThreadPoolExecutor(1) as pool:
        ahead = pool.submit(_take, iterator, size, 0.0)
        while True:
            taken, error = ahead.result()
            if taken and error is None:
                ahead = pool.submit(_take, iterator, size, enough)
            yield from taken
            if error is not None:
                raise error
            if not taken:
                return


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


def _take(
    iterator: Iterator[Item], size: Callable[[Item], float], enough: float
) -> tuple[list[Item], BaseException | None]:
    """The next items, none at the end; and the error that came instead of the one after them."""
    taken: list[Item] = []
    left = enough
    try:
        for item in iterator:
            taken.append(item)
            left -= size(item)
            if left <= 0:
                break
    except BaseException as error:  # it is raised in its place, after the items before it
        return taken, error
    return taken, None
