"""Limits that are judged by the confidence interval of a figure, and by how much evidence there is."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from edgeface.core.confidence import Interval, total_for_rate, total_for_share
from edgeface.core.requirement import Requirement


@dataclass(frozen=True)
class Figure:
    """A measured figure.

    Attributes:
        interval: the figure with its 95 % interval, in the unit of its limit.
        n: how many cases it rests on.
        of: the cases, e.g. "faces".
        text: the figure in words.
        percent_of: "share" or "rate" where it is one in percent: how many cases would decide is then known exactly.
    """

    interval: Interval
    n: int
    of: str
    text: str
    percent_of: Literal["share", "rate"] | None = None


@dataclass(frozen=True)
class Bound:
    """A requirement: a figure is at least, or at most, a limit.

    It is met where the figure keeps the limit, there are at least `min_cases`, and the 95 % interval's worse end is
    beyond the limit by no more than `margin`. It is missed where the figure does not keep the limit, nor would with one
    case fewer; with fewer cases than the minimum, only where the whole interval does not. Otherwise the evidence
    decides nothing.

    Attributes:
        what: the requirement.
        limit: the limit.
        min_cases: minimum number of cases.
        at_least: whether the figure must be at least, not at most, the limit.
        unit: of limit and figure, e.g. "%".
        margin: how far the interval may reach beyond the limit.
    """

    what: str
    limit: float
    min_cases: int
    at_least: bool = False
    unit: str = ""
    margin: float = 0.0

    def judge(self, figure: Figure) -> Requirement:
        """The requirement with its verdict on a figure."""
        found, enough_cases = figure.interval, figure.n >= self.min_cases
        kept = bool(figure.n) and self._keeps(found.value, self.limit)
        met = kept and enough_cases and self._keeps(self._worse(found), self._worst)
        refuted = enough_cases or not self._keeps(self._better(found), self.limit)
        missed = bool(figure.n) and not kept and refuted and not self._nearly_keeps(figure)
        return Requirement(
            self.what,
            self._words(),
            figure.text if figure.n else f"nothing: no {figure.of}",
            met,
            None if met or missed else self._wanting(figure),
            figure.n,
            figure.of,
            (_short(found.low), _short(found.high)) if math.isfinite(found.high - found.low) else None,
            beyond=missed or (enough_cases and not kept),
        )

    @property
    def _worst(self) -> float:
        """What the worse end of the interval must keep."""
        return self.limit - self.margin if self.at_least else self.limit + self.margin

    def _words(self) -> str:
        sign = "≥" if self.at_least else "≤"
        shown = f" (95 %: {sign} {self._worst:g}{self.unit})" if self.margin else ""
        return f"{sign} {self.limit:g}{self.unit}{shown}"

    def _keeps(self, value: float, limit: float) -> bool:
        return value >= limit if self.at_least else value <= limit

    def _nearly_keeps(self, figure: Figure) -> bool:
        """Whether a share or rate would keep the limit with less than one case fewer."""
        if figure.percent_of is None:
            return False
        one = 100 / figure.n - 1e-9
        return abs(figure.interval.value - self.limit) < one

    def _worse(self, found: Interval) -> float:
        return found.low if self.at_least else found.high

    def _better(self, found: Interval) -> float:
        return found.high if self.at_least else found.low

    def _wanting(self, figure: Figure) -> str:
        """What would decide."""
        if not figure.n:
            return f"there are no {figure.of}: at least {self.min_cases} are needed"
        if not self._keeps(figure.interval.value, self.limit):
            least = self.min_cases if figure.n < self.min_cases else 2 * figure.n
            return f"{figure.n} {figure.of} are too few to decide: at least {least} are needed"
        wanted = max(float(self.min_cases), self._total(figure))
        if not math.isfinite(wanted):
            return f"the figure is on the limit: no number of {figure.of} would show that it is kept"
        return f"{figure.n} {figure.of} do not show it: about {math.ceil(wanted)} would, if the figure stays"

    def _total(self, figure: Figure) -> float:
        """How many cases the interval needs."""
        found, worse = figure.interval, self._worse(figure.interval)
        if self._keeps(worse, self._worst):
            return 0.0
        if figure.percent_of is not None:
            total = {"share": total_for_share, "rate": total_for_rate}[figure.percent_of]
            return total(found.value / 100, self._worst / 100)
        room = abs(self._worst - found.value)  # an interval narrows with the square root of its cases
        return figure.n * (abs(worse - found.value) / room) ** 2 if room else math.inf


def _short(value: float) -> float:
    """Six digits: more are noise of the resamples."""
    return float(f"{value:.6g}")


def enough(what: str, n: int, least: int, of: str) -> Requirement:
    """The requirement that there is evidence at all, whatever the recipe limits.

    Args:
        what: the requirement.
        n: the number of cases.
        least: minimum number of cases.
        of: the cases, e.g. "faces".
    """
    lacking = None if n >= least else f"{n or 'no'} {of} show little: at least {least} are needed"
    return Requirement(what, f"≥ {least}", str(n), lacking is None, lacking, n, of)


def points_lost(what: str, limit: float | None, least: int, lost: Figure | None) -> list[Requirement]:
    """The requirement that a figure drops by at most `limit` percentage points; empty without limit or figure.

    Args:
        what: name of the loss.
        limit: maximum loss in points.
        least: minimum number of cases.
        lost: measured loss in points; negative where the figure rose.
    """
    return [] if limit is None or lost is None else [Bound(what, limit, least, unit=" points").judge(lost)]


def loss(change: Interval, n: int, of: str) -> Figure:
    """The loss in percentage points of a figure between 0 and 1.

    Args:
        change: candidate − reference.
        n: how many cases it rests on.
        of: the cases.
    """
    lost = Interval(*(-100 * end + 0.0 for end in (change.value, change.high, change.low)))
    return Figure(lost, n, of, f"{round(lost.value, 2) + 0.0:.2f} points")
