"""Prefetching: produce the next item while the current one is processed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")


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


def _take(iterator: Iterator[Item]) -> list[Item]:
    """A list of the next item; empty at the end."""
    return [item for _, item in zip(range(1), iterator, strict=False)]
