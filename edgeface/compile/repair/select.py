"""The choice among measured effects: the least time that reaches a goal, or the most accuracy within a time.

Variances of independent noise add, so what several groups gain together is about the sum of what each gains alone.
What was chosen is run before anyone relies on it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

MAX_STEPS = 50_000
"""Sets that are looked at, at most; with more groups than about 20 the best of these is taken."""

_TINY_US = 1e-3


@dataclass(frozen=True)
class Effect:
    """What changing one group does.

    Attributes:
        name: of the group.
        members: what it changes; two groups that share members exclude each other.
        gains: by kind of drift, the share of the variance that it removes; below 0 where it adds some.
        added_us: predicted microseconds that it adds; below 0 where it saves some.
    """

    name: str
    members: frozenset[str]
    gains: Mapping[str, float]
    added_us: float


def least_time(effects: Sequence[Effect], needed: Mapping[str, float]) -> tuple[Effect, ...] | None:
    """The effects that together gain what is needed and add the least time; None where all together do not.

    Args:
        effects: those to choose from.
        needed: by kind of drift, the share of the variance that has to go; kinds that are not named are free.
    """
    ordered = sorted(effects, key=lambda each: (_price(each, needed), each.name))
    search = _LeastTime(ordered, needed)
    search.visit(0, (), 0.0, dict.fromkeys(needed, 0.0))
    return search.best


def most_gain(effects: Sequence[Effect], kind: str, budget_us: float) -> tuple[Effect, ...]:
    """The effects that together gain the most of one kind and add at most `budget_us`."""
    useful = [each for each in effects if each.gains.get(kind, 0.0) > 0]
    ordered = sorted(useful, key=lambda each: (_price(each, {kind: 1.0}), each.name))
    search = _MostGain(ordered, kind, budget_us)
    search.visit(0, (), 0.0, 0.0)
    return search.best


def in_sets_of_growing_gain(effects: Sequence[Effect], kind: str) -> list[tuple[Effect, ...]]:
    """Sets from none to as many effects as exclude no other, each next one adding the cheapest gain."""
    taken: list[Effect] = []
    sets: list[tuple[Effect, ...]] = [()]
    for each in sorted(effects, key=lambda one: (_price(one, {kind: 1.0}), one.name)):
        if each.gains.get(kind, 0.0) > 0 and _fits(each, taken):
            taken.append(each)
            sets.append(tuple(taken))
    return sets


def _price(effect: Effect, needed: Mapping[str, float]) -> float:
    """Microseconds for each share of variance that is needed; infinite where nothing needed is gained."""
    wanted = {kind: share for kind, share in needed.items() if share > 0}
    gained = sum(min(max(effect.gains.get(kind, 0.0), 0.0), share) / share for kind, share in wanted.items())
    return max(effect.added_us, _TINY_US) / gained if gained > 0 else float("inf")


def _fits(effect: Effect, taken: Sequence[Effect]) -> bool:
    return all(effect.members.isdisjoint(other.members) for other in taken)


class _LeastTime:
    """Depth first, the cheapest gain first, bounded by the best set so far and by what is left to gain."""

    def __init__(self, ordered: Sequence[Effect], needed: Mapping[str, float]) -> None:
        self.best: tuple[Effect, ...] | None = None
        self._best_us = float("inf")
        self._ordered = ordered
        self._needed = needed
        self._steps = 0
        self._left = [
            {kind: sum(max(each.gains.get(kind, 0.0), 0.0) for each in ordered[start:]) for kind in needed}
            for start in range(len(ordered) + 1)
        ]
        self._saved = [sum(min(each.added_us, 0.0) for each in ordered[start:]) for start in range(len(ordered) + 1)]

    def visit(self, index: int, taken: tuple[Effect, ...], us: float, gained: Mapping[str, float]) -> None:
        """Complete a set from the effects that follow `index`."""
        self._steps += 1
        if self._steps > MAX_STEPS or us + self._saved[index] >= self._best_us:
            return
        if all(gained[kind] >= share for kind, share in self._needed.items()):
            self.best, self._best_us = taken, us
        left = self._left[index]
        if index == len(self._ordered) or any(gained[k] + left[k] < share for k, share in self._needed.items()):
            return
        each = self._ordered[index]
        if _fits(each, taken):
            more = {kind: gained[kind] + each.gains.get(kind, 0.0) for kind in gained}
            self.visit(index + 1, (*taken, each), us + each.added_us, more)
        self.visit(index + 1, taken, us, gained)


class _MostGain:
    """Depth first, the cheapest gain first, bounded by what is left to gain."""

    def __init__(self, ordered: Sequence[Effect], kind: str, budget_us: float) -> None:
        self.best: tuple[Effect, ...] = ()
        self._best_gain = 0.0
        self._ordered = ordered
        self._kind = kind
        self._budget_us = budget_us
        self._steps = 0
        self._left = [sum(each.gains[kind] for each in ordered[start:]) for start in range(len(ordered) + 1)]

    def visit(self, index: int, taken: tuple[Effect, ...], us: float, gained: float) -> None:
        """Complete a set from the effects that follow `index`."""
        self._steps += 1
        if us <= self._budget_us and gained > self._best_gain:
            self.best, self._best_gain = taken, gained
        if self._steps > MAX_STEPS or index == len(self._ordered) or gained + self._left[index] <= self._best_gain:
            return
        each = self._ordered[index]
        if _fits(each, taken) and us + each.added_us <= self._budget_us:
            self.visit(index + 1, (*taken, each), us + each.added_us, gained + each.gains[self._kind])
        self.visit(index + 1, taken, us, gained)
