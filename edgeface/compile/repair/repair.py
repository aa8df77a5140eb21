"""The repair loop: search on the calibration images, judge on the others, tighten the goal, until the gate holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from edgeface.compile.build import Built, build
from edgeface.compile.job import Job
from edgeface.compile.judge_built import Judged
from edgeface.compile.repair.curve import front, recorded
from edgeface.compile.repair.goal import goal_of, tightened
from edgeface.compile.repair.options import SLOWDOWN_AT_MAX, RepairOptions
from edgeface.compile.repair.search import Found, Search, Wanted
from edgeface.compile.repair.trials import Trials
from edgeface.core.progress import note, step
from edgeface.core.repair_record import RepairRecord
from edgeface.core.repair_table import changed_words
from edgeface.quantize.statistics import CalibrationStats

ROUNDS = 3
"""Verdicts after the first one: each lets the images that judge choose a little, which biases what they measure."""

Rejudge = Callable[[Job, Built], Judged]
"""Judges a build on the images of the verdict."""

REFUSED, BETTER = "repair: in 8 bits it is beyond a limit of its gate", "repair: more accurate for the time it costs"


@dataclass(frozen=True)
class Result:
    """A judged build, and the job with the settings that made it; `judged.repair` says what was changed, if any."""

    job: Job
    judged: Judged


def repaired(
    job: Job, judged: Judged, stats: CalibrationStats | None, options: RepairOptions, rejudge: Rejudge, out: Path
) -> Result:
    """A build that its gate accepts, if one can be found; else the one that was judged, with what was tried.

    Args:
        job: the export.
        judged: the first build, with its verdict. One that is beyond a limit by chance is repaired too: more images
            would tell, and a repair is quicker; where none is found, it stays what it is.
        stats: calibration statistics of the job's graph; None for float targets.
        options: how much is tried.
        rejudge: judges another build.
        out: the folder that keeps measurements, should the search be interrupted.
    """
    reason = _why_not(job, judged, stats, options)
    if reason is not None:
        if judged.findings.doubtful and reason:
            note(f"no repair: {reason}")
        return Result(job, judged)
    assert stats is not None
    what, target = "what its gate needs" if judged.findings.doubtful else "better accuracy", judged.built.target
    with Trials(job, target, stats, out) as trials, step(f"{target.name}: looking for {what}"):
        loop = _Loop(trials, judged, options, rejudge)
        result = loop.improve() if options.effort == "max" else None
        if result is None and judged.findings.doubtful:
            result = loop.repair()
        trials.memory.forget()
    return result or Result(job, judged)


def _why_not(job: Job, judged: Judged, stats: CalibrationStats | None, options: RepairOptions) -> str | None:
    """Why nothing is searched, "" where there is nothing to say; None where something is."""
    if options.effort == "fast" or not (judged.findings.doubtful or options.effort == "max"):
        return ""
    if stats is None or judged.built.target.scheme is None:
        return "this target does not quantize"
    if not job.images.calibrate:
        return "effects are measured on calibration images, and there are none: pass --calibration DIR"
    return None


class _Loop:
    def __init__(self, trials: Trials, judged: Judged, options: RepairOptions, rejudge: Rejudge) -> None:
        self._trials = trials
        self._first = judged
        self._options = options
        self._rejudge = rejudge
        self._search = Search(trials, trials.job.recipe.quantize)
        self._judged = 1

    def improve(self) -> Result | None:
        """The most accurate build within the limit; None where none is better, or its gate refuses it."""
        limit = SLOWDOWN_AT_MAX if self._options.max_slowdown is None else self._options.max_slowdown
        found = self._search.run(Wanted({}, limit, slow=True, reason=BETTER))
        if not found.changed or found.settings == self._trials.job.recipe.quantize:
            note("nothing that costs so little makes it more accurate")
            return None
        result = self._verdict(found)
        return result if result.judged.findings.passed else None

    def repair(self) -> Result | None:
        """A build that keeps every limit, or passes; else the first one, with the curve if it is refused.

        None where accuracy is not the matter, or nothing is better than a first build that is not refused.
        """
        kinds = self._search.kinds
        goal = goal_of(self._first.findings.requirements, kinds)
        if goal is None:
            note("no repair: what is missed is no matter of precision")
            return None
        slow, limit = self._options.effort == "max", self._options.max_slowdown
        best: Result | None = None
        for _ in range(ROUNDS):
            wanted = Wanted(goal, limit, slow, REFUSED)
            found = self._search.run(wanted)
            if not found.changed:
                break
            result = self._verdict(found)
            if result.judged.findings.passed:
                best = result
            if not result.judged.findings.doubtful:
                return result
            more = goal_of(result.judged.findings.requirements, kinds)
            if more is None or not found.reached:
                break
            goal = tightened(found.measured.relative_to(found.start), more)
        if best is not None or self._first.findings.passed:
            return best
        self._search.trace(Wanted(goal, limit, slow, REFUSED))
        return self._refused(limit)

    def _verdict(self, found: Found) -> Result:
        """The verdict on what a search found, with its record."""
        job = self._trials.job_with(found.settings)
        built = build(job, self._trials.target, self._trials.stats_for(found.settings))
        judged = self._rejudge(job, built)
        self._judged += 1
        before, after = _changes_of(self._first, judged)
        time = _percent(found)
        gained = "; ".join(
            f"{what} {before[what]} → {after[what]}" for what in before if after.get(what, before[what]) != before[what]
        )
        summary = f"{_named(found)}: {time:+.1f} % predicted time" + (f", {gained}" if gained else "")
        note(f"repair: {summary}{'' if judged.findings.passed else ' – still refused'}")
        record = self._record(summary, found.changed, time, before, after)
        return Result(job, replace(judged, repair=record))

    def _refused(self, limit: float | None) -> Result:
        """The first build with the curve of what was tried."""
        within = "" if limit is None else f" within {100 * limit:g} % more time"
        summary = f"nothing that was tried{within} is good enough"
        before, _ = _changes_of(self._first, self._first)
        record = self._record(summary, (), 0.0, before, {})
        return Result(self._trials.job, replace(self._first, repair=record))

    def _record(
        self, summary: str, changed: tuple[str, ...], time: float, before: Mapping[str, str], after: Mapping[str, str]
    ) -> RepairRecord:
        search = self._search
        return RepairRecord(
            summary=summary,
            changed=changed,
            added_time_percent=round(time, 2),
            before=dict(before),
            after=dict(after),
            judged=self._judged,
            kinds=search.kinds[:-1] or search.kinds,  # what the outputs' noise says is said by decisions, if any
            images=len(self._trials.images),
            curve=recorded(front(search.curve, search.kinds[0], changed), search.start),
        )


def _changes_of(first: Judged, now: Judged) -> tuple[dict[str, str], dict[str, str]]:
    """What was measured for the requirements that were not kept at first, without remarks; for all if all were."""
    missed = [each for each in first.findings.requirements if each.missed or each.beyond]
    asked = missed or [each for each in first.findings.requirements if each.interval is not None]
    after = {each.what: each.measured for each in now.findings.requirements}
    before = {each.what: _short(each.measured) for each in asked}
    return before, {what: _short(after[what]) for what in before if what in after}


def _short(measured: str) -> str:
    return measured.partition(" (")[0]


def _percent(found: Found) -> float:
    return 100 * (found.measured.us / found.start.us - 1) if found.start.us else 0.0


def _named(found: Found) -> str:
    """The changes in words."""
    groups = tuple(name for name in found.changed if name in found.groups)
    rest = [name for name in found.changed if name not in found.groups]
    return ", ".join([*rest, *([f"{changed_words(groups)} in float"] if groups else [])])
