"""Combinations of groups: chosen by what each does alone, run, corrected by what was found, and trimmed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from edgeface.compile.repair.measured import Measured
from edgeface.compile.repair.select import Effect, least_time, most_gain

REACHES, DROPS = 5, 6
"""Combinations that are run at most: to reach a goal, of all groups and of whole modules, and then to drop groups."""

LEAST_STEP = 1.02
"""Each next combination aims at a drift that is smaller by what the last one fell short of, but at least by this."""

SAME = 1.01
"""Where the smallest drift is sought, one that is larger by less than this factor is as small."""

Run = Callable[[tuple[str, ...]], Measured]
"""Builds and runs a combination of groups."""


@dataclass(frozen=True)
class Bounds:
    """What a combination must keep.

    Attributes:
        goal: by kind of drift, how small it has to become relative to the start; with none, the smallest is sought.
        limit_us: the most predicted microseconds.
        kind: the kind of drift that decides where not all goals hold.
    """

    goal: Mapping[str, float]
    limit_us: float
    kind: str

    def hold(self, measured: Measured, start: Measured) -> bool:
        """Whether a build keeps all of it."""
        return measured.us <= self.limit_us and measured.reaches(self.goal, start)


@dataclass(frozen=True)
class Combination:
    """Groups by name, and what they give together."""

    names: tuple[str, ...]
    measured: Measured


class Combine:
    """Combines groups on top of a base.

    Args:
        effects: what each group does alone, on top of the base.
        run: runs a combination.
        base: what was measured without any group.
        start: what goals are relative to.
    """

    def __init__(self, effects: Sequence[Effect], run: Run, base: Measured, start: Measured) -> None:
        self._effects = {each.name: each for each in effects}
        self._run = run
        self._base = base
        self._start = start

    def best(self, bounds: Bounds) -> Combination:
        """The combination that keeps the bounds in the least time, or comes nearest to the goal within the limit."""
        best = Combination((), self._base)
        for effects in (tuple(self._effects.values()), self._largest()):
            best = self._reached(effects, best, bounds)
        if bounds.goal and not bounds.hold(best.measured, self._start):
            best = self._better(tuple(each.name for each in self._largest()), best, bounds)
        return self._trimmed(best, bounds)

    def _reached(self, effects: Sequence[Effect], best: Combination, bounds: Bounds) -> Combination:
        """The best so far, or a better one of these effects: each next one aims at what the last one fell short of."""
        more, tried = 1.0, set[tuple[str, ...]]()
        for _ in range(REACHES):
            names = self._predicted(effects, bounds, more)
            if names not in tried:
                best = self._better(names, best, bounds)
            tried.add(names)
            found = self._run(names) if names else self._base
            if not bounds.goal or bounds.hold(found, self._start) or self._costs(names) >= self._most(best, bounds):
                break
            more *= max(found.exceeds(bounds.goal, self._start), LEAST_STEP)
        return best

    def _costs(self, names: tuple[str, ...]) -> float:
        """The predicted microseconds of a combination."""
        return self._base.us + sum(self._effects[name].added_us for name in names)

    def _most(self, best: Combination, bounds: Bounds) -> float:
        """The microseconds from which on a combination is of no use: another one holds, and is as quick."""
        return best.measured.us if bounds.hold(best.measured, self._start) else float("inf")

    def _better(self, names: tuple[str, ...], best: Combination, bounds: Bounds) -> Combination:
        """The better of a combination that is run and the best so far."""
        found = Combination(names, self._run(names) if names else self._base)
        return found if self._is_better(found, best, bounds) else best

    def _largest(self) -> tuple[Effect, ...]:
        """Groups that are no part of another: together they gain more than their parts, which convert in between."""
        every = tuple(self._effects.values())
        return tuple(each for each in every if not any(each.members < other.members for other in every))

    def _predicted(self, effects: Sequence[Effect], bounds: Bounds, more: float) -> tuple[str, ...]:
        """The groups that a prediction favors, for a goal that is smaller by a factor."""
        relative = self._base.relative_to(self._start)
        needed = {
            kind: 1.0 - (share / more / relative[kind]) ** 2
            for kind, share in bounds.goal.items()
            if relative.get(kind, 0.0) > 0
        }
        needed = {kind: share for kind, share in needed.items() if share > 0}
        found = least_time(effects, needed) if needed else None
        if found is None or self._base.us + sum(each.added_us for each in found) > bounds.limit_us:
            found = most_gain(effects, bounds.kind, bounds.limit_us - self._base.us)
        return tuple(each.name for each in found)

    def _trimmed(self, best: Combination, bounds: Bounds) -> Combination:
        """The combination without the groups that are not needed, the slowest first."""
        reached = bounds.hold(best.measured, self._start)
        if bounds.goal and not reached:
            return best
        slowest = sorted(best.names, key=lambda name: (-self._effects[name].added_us, name))
        most = SAME * best.measured.drift.get(bounds.kind, 0.0)
        for name in slowest[:DROPS]:
            rest = tuple(other for other in best.names if other != name)
            found = Combination(rest, self._run(rest) if rest else self._base)
            enough = bounds.goal or (not found.measured.failed and found.measured.drift.get(bounds.kind, 0.0) <= most)
            if enough and bounds.hold(found.measured, self._start) and found.measured.us < best.measured.us:
                best = found
        return best

    def _is_better(self, one: Combination, other: Combination, bounds: Bounds) -> bool:
        """Whether one is to be preferred: within the limit, that the goal holds, then less time, then less drift."""
        if one.measured.failed or one.measured.us > bounds.limit_us:
            return False
        if bounds.goal:
            holds = bounds.hold(one.measured, self._start), bounds.hold(other.measured, self._start)
            if holds[0] != holds[1]:
                return holds[0]
            if all(holds):
                return one.measured.us < other.measured.us
        drift, least = (each.measured.drift.get(bounds.kind, 0.0) for each in (one, other))
        return drift * SAME < least or (drift < least * SAME and one.measured.us < other.measured.us)
