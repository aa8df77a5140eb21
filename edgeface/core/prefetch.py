"""Make the next item while the last one is worked on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")


def prefetch(items: Iterable[Item]) -> Iterator[Item]:
    """The same items in the same order, each made in a thread beside the consumer, one ahead.

    Worth it where making and consuming both release the interpreter's lock: decoding, runtimes, large arrays.
    """
    iterator = iter(items)
    with ThreadPoolExecutor(1) as pool:
        ahead: Future[list[Item]] = pool.submit(_take, iterator)
        while taken := ahead.result():
            ahead = pool.submit(_take, iterator)
            yield taken[0]


def _take(iterator: Iterator[Item]) -> list[Item]:
    """The next item alone in a list; empty at the end."""
    return [item for _, item in zip(range(1), iterator, strict=False)]
