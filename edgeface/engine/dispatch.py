"""Dispatch: which worker computes which part, what is done again, and when a lost part is given up.

It is the same for processes and for machines; how workers are started and spoken to is a `Fleet`'s matter.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any, Protocol

from edgeface.errors import RuntimeFailure

AHEAD = 2
"""Parts that a worker has in hand: the next one is there when one is done."""

TRIES = 3
"""Workers that may be lost with the same part in work."""

STRAGGLES = 3.0
"""A part is a straggler if it takes so many times as long as the median: an idle worker gets a copy of it."""


@dataclass(frozen=True)
class Answer:
    """A part's result, or its error and the traceback of that as text."""

    part: int
    result: Any = None
    error: Exception | None = None
    traceback: str = ""


@dataclass(frozen=True)
class Lost:
    """A worker ended unexpectedly, and how."""

    why: str


class Worker(Protocol):
    """Someone who computes parts, one after the other."""

    def send(self, number: int, part: Any) -> None:
        """Give it a part; it never waits for the worker."""


class Fleet(Protocol):
    """Workers, as many as there may be."""

    def start(self) -> Sequence[Worker]:
        """Start what may be started now; the new workers."""

    def wait(self) -> Sequence[tuple[Worker, Answer | Lost]]:
        """Wait for news a while; what happened, perhaps nothing."""


class Elsewhere(Exception):  # noqa: N818  # it is no error of its own
    """The traceback of an error in another process, as the cause of that error here."""


@dataclass(eq=False)
class _InHand:
    """What a worker has been given, the first one in work; and when it began with that one."""

    numbers: list[int] = field(default_factory=list)
    since: float = 0.0


class Dispatch:
    """The state of one run.

    Args:
        fleet: who computes.
        parts: the work, read as it is given out.
    """

    def __init__(self, fleet: Fleet, parts: Iterable[Any]) -> None:
        self._fleet = fleet
        self._source: Iterator[tuple[int, Any]] = enumerate(parts)
        self._again: deque[int] = deque()
        self._drained = False
        self._open: dict[int, Any] = {}  # given out, and not done
        self._tries: dict[int, int] = {}
        self._hands: dict[Worker, _InHand] = {}
        self._seconds: deque[float] = deque(maxlen=100)

    def results(self) -> Generator[tuple[int, Any], None, None]:
        """What `Engine.run` yields."""
        while True:
            for worker in self._fleet.start():
                self._hands[worker] = _InHand()
            self._give_out()
            if self._drained and not self._open:
                return
            for worker, news in self._fleet.wait():
                if isinstance(news, Lost):
                    self._lost(worker, news)
                else:
                    yield from self._done(worker, news)

    def _give_out(self) -> None:
        """Fill the workers' hands evenly; at the end give idle ones copies of parts that wait or take too long."""
        for depth in range(AHEAD):
            for worker, hand in self._hands.items():
                if len(hand.numbers) <= depth:
                    number = self._next()
                    if number is None:
                        self._give_copies()
                        return
                    self._give(worker, hand, number)

    def _give(self, worker: Worker, hand: _InHand, number: int) -> None:
        if not hand.numbers:
            hand.since = time.monotonic()
        hand.numbers.append(number)
        worker.send(number, self._open[number])

    def _next(self) -> int | None:
        while self._again:
            number = self._again.popleft()
            if number in self._open:  # else a copy was quicker
                return number
        for number, part in self._source:
            self._open[number] = part
            return number
        self._drained = True
        return None

    def _give_copies(self) -> None:
        idle = [(worker, hand) for worker, hand in self._hands.items() if not hand.numbers]
        if idle:
            for (worker, hand), number in zip(idle, self._to_copy(), strict=False):
                self._give(worker, hand, number)

    def _to_copy(self) -> list[int]:
        """Parts that one worker has and others could begin with: those that wait, then the late ones."""
        hands = [hand for hand in self._hands.values() if hand.numbers]
        held = Counter(number for hand in hands for number in hand.numbers)
        alone = {number for number, count in held.items() if count == 1 and number in self._open}
        waiting = [number for hand in hands for number in hand.numbers[1:] if number in alone]
        now = time.monotonic()
        late = sorted(
            (hand.since, hand.numbers[0])
            for hand in hands
            if hand.numbers[0] in alone and self._is_late(now - hand.since)
        )
        return waiting + [number for _, number in late]

    def _is_late(self, seconds: float) -> bool:
        return bool(self._seconds) and seconds > STRAGGLES * max(median(self._seconds), 1.0)

    def _done(self, worker: Worker, answer: Answer) -> Iterator[tuple[int, Any]]:
        hand, now = self._hands[worker], time.monotonic()
        hand.numbers.remove(answer.part)
        self._seconds.append(now - hand.since)
        hand.since = now
        if answer.part in self._open:  # else a copy was quicker
            if answer.error is not None:
                raise answer.error from Elsewhere(answer.traceback)
            del self._open[answer.part]
            yield answer.part, answer.result

    def _lost(self, worker: Worker, news: Lost) -> None:
        numbers = self._hands.pop(worker).numbers
        held = {number for hand in self._hands.values() for number in hand.numbers}
        for place, number in enumerate(number for number in numbers if number in self._open):
            if place == 0:  # the one that it computed
                self._tries[number] = self._tries.get(number, 0) + 1
                if self._tries[number] >= TRIES:
                    raise RuntimeFailure(
                        f"{TRIES} workers ended unexpectedly in the same part; the last one: {news.why}",
                        where=f"part {number + 1}: {described(self._open[number])}",
                        fix="if memory ran out use fewer workers; one worker (--engine local) shows other causes",
                    )
            if number not in held:
                self._again.append(number)


def described(part: Any) -> str:
    """A part in a few words, for errors: the first and last of its items."""
    if isinstance(part, Sequence) and not isinstance(part, str) and part:
        first, last = (item[0] if isinstance(item, tuple) and item else item for item in (part[0], part[-1]))
        return str(first) if len(part) == 1 else f"{first} to {last} ({len(part)})"
    said = str(part)
    return said if len(said) <= 100 else f"{said[:100]}…"
