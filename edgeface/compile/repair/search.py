"""The search: corrections first, then the groups that gain the most for their time, until a goal is reached."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from edgeface.compile.repair.changes import CORRECTIONS, Change, Correction, corrections, in_float
from edgeface.compile.repair.combine import Bounds, Combine
from edgeface.compile.repair.curve import Point
from edgeface.compile.repair.groups import NodeGroup
from edgeface.compile.repair.measured import Measured
from edgeface.compile.repair.select import Effect, in_sets_of_growing_gain
from edgeface.quantize.settings import QuantizeSettings

LEAST_GAIN = 0.02
"""A group that removes less of the variance does nothing that the images tell from chance."""

TRACED = 5
"""Further sets of groups that are run for the curve of a refusal."""


class Measures(Protocol):
    """Measures settings; see `edgeface.compile.repair.trials.Trials`."""

    def all(self, candidates: Sequence[QuantizeSettings], doing: str) -> list[Measured]:
        """What each of these settings gives."""
        ...

    def can_try(self, settings: QuantizeSettings) -> bool:
        """Whether these settings can be built."""
        ...

    def groups(self, settings: QuantizeSettings) -> Sequence[NodeGroup]:
        """The groups of nodes that these settings compute in integers."""
        ...


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
    """Where a search ended: the settings, what changed, and what was measured at the start and at the end.

    `groups` are those changes that compute a group in float; `reached` says whether the goal holds on the images of the
    search.
    """

    settings: QuantizeSettings
    changed: tuple[str, ...]
    groups: frozenset[str]
    start: Measured
    measured: Measured
    reached: bool


@dataclass(frozen=True)
class _Base:
    """Settings with corrections, by name."""

    settings: QuantizeSettings
    names: tuple[str, ...]
    measured: Measured


class Search:
    """A search from a recipe's settings; what was measured serves every call.

    Args:
        measures: measures settings.
        settings: the start.
        tried: corrections that are tried first.
    """

    def __init__(
        self, measures: Measures, settings: QuantizeSettings, tried: Sequence[Correction] = CORRECTIONS
    ) -> None:
        self._tried = tried
        self._measures = measures
        self._settings = settings
        self._points: dict[tuple[str, ...], Point] = {}
        self.start = self._one(settings, ())

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
        base, bounds = self._corrected(wanted), self._bounds(wanted)
        if wanted.goal and bounds.hold(base.measured, self.start):
            return Found(base.settings, base.names, frozenset(), self.start, base.measured, reached=True)
        groups = {group.name: group for group in self._measures.groups(base.settings)}

        def run(names: tuple[str, ...]) -> Measured:
            return self._one(self._with(base, names, groups, wanted), (*base.names, *names))

        best = Combine(self._effects(base, groups), run, base.measured, self.start).best(bounds)
        reached = bounds.hold(best.measured, self.start)
        settings, names = self._with(base, best.names, groups, wanted), (*base.names, *best.names)
        return Found(settings, names, frozenset(best.names), self.start, best.measured, reached)

    def trace(self, wanted: Wanted) -> None:
        """Complete the curve of a refusal: sets of groups of growing gain, up to all of them, each run."""
        base = self._corrected(wanted)
        groups = {group.name: group for group in self._measures.groups(base.settings)}
        sets = in_sets_of_growing_gain(self._effects(base, groups), self._bounds(wanted).kind)[1:]
        steps = min(TRACED, len(sets))
        chosen = [tuple(e.name for e in sets[(i + 1) * len(sets) // steps - 1]) for i in range(steps)]
        candidates = [self._with(base, names, groups, wanted) for names in chosen]
        for names, found in zip(chosen, self._measures.all(candidates, "repair: tracing the curve"), strict=True):
            self._note((*base.names, *names), found)

    def _corrected(self, wanted: Wanted) -> _Base:
        """The settings with the corrections that help, each tried alone and then on top of the others."""
        kind, best = self._bounds(wanted).kind, _Base(self._settings, (), self.start)
        tried = [each for each in corrections(self._settings, self._tried, wanted.slow) if self._can_try(each)]
        alone = self._measures.all([each.apply(self._settings) for each in tried], "repair: trying corrections")
        gains = [found.gains_over(self.start).get(kind, 0.0) for found in alone]
        for change, found in zip(tried, alone, strict=True):
            self._note((change.name,), found)
        for gain, change in sorted(zip(gains, tried, strict=True), key=lambda each: -each[0]):
            if gain < change.least_gain:
                continue
            settings, names = change.apply(best.settings), (*best.names, change.name)
            found = self._one(settings, names)
            if found.gains_over(best.measured).get(kind, 0.0) >= change.least_gain:
                best = _Base(settings, names, found)
        return best

    def _can_try(self, change: Change) -> bool:
        return self._measures.can_try(change.apply(self._settings))

    def _effects(self, base: _Base, groups: Mapping[str, NodeGroup]) -> list[Effect]:
        """What each group does alone; parts of a group that does nothing are left out."""
        every = list(groups.values())
        parts = {each.name for each in every if any(each.outputs < other.outputs for other in every)}
        found = self._alone(base, [each for each in every if each.name not in parts])
        idle = [each for each in found if max(each.gains.values(), default=0.0) < LEAST_GAIN]
        rest = [each for each in every if each.name in parts]
        return found + self._alone(
            base, [each for each in rest if not any(each.outputs < other.members for other in idle)]
        )

    def _alone(self, base: _Base, groups: Sequence[NodeGroup]) -> list[Effect]:
        candidates = [in_float(base.settings, [group], "repair") for group in groups]
        measured = self._measures.all(candidates, "repair: measuring each group of nodes in float")
        effects = []
        for group, found in zip(groups, measured, strict=True):
            if found.failed:
                continue
            self._note((*base.names, group.name), found)
            added = found.us - base.measured.us
            effects.append(Effect(group.name, group.outputs, found.gains_over(base.measured), added))
        return effects

    def _with(
        self, base: _Base, names: Sequence[str], groups: Mapping[str, NodeGroup], wanted: Wanted
    ) -> QuantizeSettings:
        return in_float(base.settings, [groups[name] for name in names], wanted.reason)

    def _bounds(self, wanted: Wanted) -> Bounds:
        limit = float("inf") if wanted.max_slowdown is None else self.start.us * (1 + wanted.max_slowdown)
        kind = min(wanted.goal, key=lambda each: wanted.goal[each]) if wanted.goal else self.kinds[0]
        return Bounds(wanted.goal, limit, kind)

    def _one(self, settings: QuantizeSettings, names: tuple[str, ...]) -> Measured:
        found = self._measures.all([settings], "repair: measuring what was chosen")[0]
        self._note(names, found)
        return found

    def _note(self, names: tuple[str, ...], found: Measured) -> None:
        if not found.failed:
            self._points[names] = Point(names, found)
