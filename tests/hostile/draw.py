"""Random choices that depend on (seed, kind, index) only."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")

NUMBERS = (0, 1, -1, 2, 127, 128, 255, 256, 65535, 1 << 24, (1 << 31) - 1, -(1 << 31), (1 << 32) - 1, (1 << 63) - 1)
"""Integers at which formats and their readers change their mind."""


class Draw:
    """A source of choices; the same three values give the same choices on every machine."""

    def __init__(self, seed: int, kind: str, index: int) -> None:
        self._random = random.Random(f"{seed}/{kind}/{index}")  # text is hashed by SHA-512, not by the process's seed

    def one(self, items: Sequence[T]) -> T:
        """One of some items."""
        return items[self._random.randrange(len(items))]

    def some(self, items: Sequence[T], count: int) -> list[T]:
        """Up to `count` different items, in any order."""
        return self._random.sample(items, min(count, len(items)))

    def below(self, limit: int) -> int:
        """An integer from 0 to limit − 1; 0 for a limit below 1."""
        return self._random.randrange(max(limit, 1))

    def chance(self, share: float) -> bool:
        """True in this share of cases."""
        return self._random.random() < share

    def number(self) -> int:
        """An integer at which readers may fail, or a small one."""
        return self.one(NUMBERS) if self.chance(0.7) else self.below(64) - 4

    def bytes(self, count: int) -> bytes:
        """Random bytes."""
        return self._random.randbytes(count)

    def shuffled(self, items: Sequence[T]) -> list[T]:
        """The items in another order."""
        return self._random.sample(items, len(items))

    def act(self, acts: Sequence[Callable[..., str]], *given: object) -> str:
        """Do one of some acts, and return what it says it did."""
        return self.one(acts)(self, *given)
