"""The search: corrections first, then the groups that gain the most for their time in float, until a goal is reached."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from edgeface.compile.repair.changes import Change, corrections, in_float
from edgeface.compile.repair.curve import Point
from edgeface.compile.repair.groups import NodeGroup, node_groups
from edgeface.compile.repair.measured import Measured
from edgeface.compile.repair.select import Effect, in_sets_of_growing_gain, least_time, most_gain
from edgeface.compile.repair.trials import Trials
from edgeface.quantize.settings import QuantizeSettings

VERIFICATIONS = 6
"""Combinations that are run at most, after every group was measured alone."""

LEAST_GAIN = 0.02
"""A correction that removes less of the variance is left out: the images do not tell it from chance."""


@dataclass(frozen=True)
class Wanted:
    """What a search is for.

    Attributes:
        goal: by kind of drift, how small it has to become relative to the start; with none, the smallest drift within
            the limit is sought.
        max_slowdown: the predicted time may grow by this share; None sets no limit.
        slow: whether corrections that take minutes are tried.
        reason: why values are computed in float, for the recipe.
    """

    goal: Mapping[str, float]
    max_slowdown: float | None = None
    slow: bool = False
    reason: str = "repair"


@dataclass(frozen=True)
class Found:
    """Where a search ended: the settings, what changed, and everything that was run on the way.

    `groups` are those changes that compute a group in float; `reached` says whether the goal holds on the images of the
    search.
    """

    settings: QuantizeSettings
    changed: tuple[str, ...]
    groups: frozenset[str]
    start: Measured
    measured: Measured
    reached: bool
    curve: tuple[Point, ...]


class Search:
    """A search from a recipe's settings; what was measured serves every call of `run`.

    Args:
        trials: measures settings.
        settings: the start.
    """

    def __init__(self, trials: Trials, settings: QuantizeSettings) -> None:
        self._trials = trials
        self._settings = settings
        self.start = trials.of(settings)
        self._points: dict[tuple[str, ...], Point] = {}
        self._note((), self.start)

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of drift that the images show, the most telling first."""
        return tuple(self.start.drift)

    @property
    def curve(self) -> tuple[Point, ...]:
        """Everything that was run so far."""
        return tuple(self._points.values())

    def run(self, wanted: Wanted) -> Found:
        """The settings that reach a goal in the least predicted time, or the best within the limit."""
        corrected, changes = self._corrected(wanted)
        best = _Tried(corrected, changes, self._trials.of(corrected))
        if wanted.goal and self._holds(best.measured, wanted):
            return self._found(best, {}, wanted)
        groups = self._groups(corrected)
        effects = self._effects(best, groups)
        chosen = self._verified(best, effects, groups, wanted)
        return self._found(chosen, groups, wanted)

    def trace(self, wanted: Wanted) -> tuple[Point, ...]:
        """The curve for a refusal: sets of groups of growing gain, up to all of them, each run."""
        corrected, changes = self._corrected(wanted)
        base = _Tried(corrected, changes, self._trials.of(corrected))
        groups = self._groups(corrected)
        effects = self._effects(base, groups)
        sets = in_sets_of_growing_gain(effects, self._main(wanted))
        for chosen in [sets[i * (len(sets) - 1) // 5] for i in range(1, 6)] if len(sets) > 1 else []:
            self._run(base, [each.name for each in chosen], groups, wanted)
        return self.curve

    def _corrected(self, wanted: Wanted) -> tuple[QuantizeSettings, tuple[str, ...]]:
        """The settings with the corrections that help, each tried alone and then on top of the others."""
        tried = [change for change in corrections(self._settings, wanted.slow) if self._can_try(change)]
        alone = self._trials.all([c.apply(self._settings) for c in tried], "repair: trying corrections")
        for change, found in zip(tried, alone, strict=True):
            self._note((change.name,), found)
        main = self._main(wanted)
        gains = [found.gains_over(self.start).get(main, 0.0) for found in alone]
        settings, names, now = self._settings, tuple[str, ...](), self.start
        for gain, change in sorted(zip(gains, tried, strict=True), key=lambda each: -each[0]):
            if gain < LEAST_GAIN:
                break
            candidate = change.apply(settings)
            found = self._trials.of(candidate)
            self._note((*names, change.name), found)
            if found.gains_over(now).get(main, 0.0) >= LEAST_GAIN:
                settings, names, now = candidate, (*names, change.name), found
        return settings, names

    def _can_try(self, change: Change) -> bool:
        return self._trials.can_try(change.apply(self._settings))

    def _groups(self, settings: QuantizeSettings) -> dict[str, NodeGroup]:
        """The groups of nodes in the target's 8 bits, by name."""
        graph, stated = self._trials.graph_and_precision(settings)
        if self._trials.job.options.integer_only:
            return {}
        switchable = {
            node.output
            for node in graph.nodes
            if graph.type(node.output).dtype == "float32"
            and not (node.output in stated and stated[node.output].is_float)
        }
        return {group.name: group for group in node_groups(graph, switchable)}

    def _effects(self, base: _Tried, groups: Mapping[str, NodeGroup]) -> list[Effect]:
        """What each group does alone."""
        candidates = [in_float(base.settings, [group], "repair") for group in groups.values()]
        measured = self._trials.all(candidates, "repair: measuring each group in float")
        effects = []
        for group, found in zip(groups.values(), measured, strict=True):
            self._note((*base.names, group.name), found)
            added = found.us - base.measured.us
            effects.append(Effect(group.name, group.outputs, found.gains_over(base.measured), added))
        return effects

    def _verified(
        self, base: _Tried, effects: Sequence[Effect], groups: Mapping[str, NodeGroup], wanted: Wanted
    ) -> _Tried:
        """The best combination that was run: what is predicted is tried, and the prediction corrected by it."""
        best, demand = base, 1.0
        for _ in range(VERIFICATIONS):
            chosen = self._choose(base, effects, wanted, demand)
            if chosen is None:
                break
            tried = self._run(base, chosen, groups, wanted)
            if self._better(tried, best, wanted):
                best = tried
            if not wanted.goal or self._holds(tried.measured, wanted):
                break
            demand *= 1.15
        return self._without_what_is_not_needed(base, best, groups, wanted)

    def _choose(self, base: _Tried, effects: Sequence[Effect], wanted: Wanted, demand: float) -> tuple[str, ...] | None:
        """The names of the groups that a prediction favors."""
        limit = self._limit_us(wanted)
        if wanted.goal:
            relative = base.measured.relative_to(self.start)
            needed = {
                kind: 1.0 - (share / (relative.get(kind, 1.0) * demand)) ** 2
                for kind, share in wanted.goal.items()
                if relative.get(kind, 0.0) > 0
            }
            found = least_time(effects, {kind: share for kind, share in needed.items() if share > 0})
            if found is not None and sum(each.added_us for each in found) + base.measured.us <= limit:
                return tuple(each.name for each in found) or None
        found = most_gain(effects, self._main(wanted), limit - base.measured.us)
        return tuple(each.name for each in found) or None

    def _run(self, base: _Tried, chosen: Sequence[str], groups: Mapping[str, NodeGroup], wanted: Wanted) -> _Tried:
        """A combination, built and run."""
        settings = in_float(base.settings, [groups[name] for name in chosen], wanted.reason)
        found = self._trials.of(settings)
        names = (*base.names, *chosen)
        self._note(names, found)
        return _Tried(settings, names, found)

    def _without_what_is_not_needed(
        self, base: _Tried, best: _Tried, groups: Mapping[str, NodeGroup], wanted: Wanted
    ) -> _Tried:
        """The combination without the groups that the goal holds without, the slowest first."""
        if not wanted.goal or not self._holds(best.measured, wanted):
            return best
        for name in [name for name in best.names if name in groups]:
            rest = [other for other in best.names if other in groups and other != name]
            tried = self._run(base, rest, groups, wanted) if rest else base
            if self._holds(tried.measured, wanted) and tried.measured.us < best.measured.us:
                best = tried
        return best

    def _better(self, one: _Tried, other: _Tried, wanted: Wanted) -> bool:
        """Whether one is to be preferred: within the limit, it holds the goal, then time, then drift."""
        if one.measured.us > self._limit_us(wanted):
            return False
        holds = self._holds(one.measured, wanted), self._holds(other.measured, wanted)
        if wanted.goal and all(holds):
            return one.measured.us < other.measured.us
        if wanted.goal and any(holds):
            return holds[0]
        kind = self._main(wanted)
        return one.measured.drift.get(kind, 0.0) < other.measured.drift.get(kind, 0.0)

    def _holds(self, measured: Measured, wanted: Wanted) -> bool:
        return measured.us <= self._limit_us(wanted) and measured.reaches(wanted.goal, self.start)

    def _limit_us(self, wanted: Wanted) -> float:
        return float("inf") if wanted.max_slowdown is None else self.start.us * (1 + wanted.max_slowdown)

    def _main(self, wanted: Wanted) -> str:
        """The kind of drift that decides: the one that has to shrink most."""
        return min(wanted.goal, key=lambda kind: wanted.goal[kind]) if wanted.goal else self.kinds[0]

    def _note(self, names: tuple[str, ...], found: Measured) -> None:
        self._points[names] = Point(names, found)

    def _found(self, tried: _Tried, groups: Mapping[str, NodeGroup], wanted: Wanted) -> Found:
        holds, in_groups = self._holds(tried.measured, wanted), frozenset(tried.names) & frozenset(groups)
        return Found(tried.settings, tried.names, in_groups, self.start, tried.measured, holds, self.curve)


@dataclass(frozen=True)
class _Tried:
    settings: QuantizeSettings
    names: tuple[str, ...]
    measured: Measured
