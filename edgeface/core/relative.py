"""Limits relative to the reference's own noise: what the reference changes where an image barely does.

A figure is met where it is at most the limit on the images that both were measured on, and missed where a larger one is
beyond chance. Between the two nothing is shown: 5 changed decisions against 4 refuse no build.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from edgeface.core.confidence import (
    Interval,
    excess_interval,
    mean_interval,
    rate_interval,
    share_interval,
    total_for_share,
)
from edgeface.core.requirement import Requirement


@dataclass(frozen=True)
class Relative:
    """A requirement: a figure is at most `factor` times the reference's noise, which counts as at least `floor`.

    Attributes:
        what: the requirement.
        factor: how much of the noise is allowed.
        noise: the noise's name, e.g. "JPEG 95".
        floor: what the noise counts as at least: easy images leave a network's decisions where they are, and a build
            that then changes little is none the worse.
        min_cases: minimum number of cases.
        of: the cases, e.g. "faces".
        digits: of the figures in words.
        unit: of limit and figure, e.g. " %".
    """

    what: str
    factor: float
    noise: str
    floor: float
    min_cases: int
    of: str
    digits: int = 4
    unit: str = ""

    def of_counts(
        self, changed: int, by_noise: int, total: int, backed: bool = False, of_noise: int | None = None
    ) -> Requirement:
        """The requirement on changed decisions, of `total`; `floor` is then in percent of them.

        More changes are beyond chance where the interval of the build's share of all changes is above the limit's, and
        that of its rate above the floor's. Both share the undecided cases, which makes the test careful.

        Args:
            changed: by the build.
            by_noise: by the noise.
            total: of how many.
            backed: whether a steadier figure, of what makes decisions change, is shown to keep its limit: more changes
                within chance are then no reason to doubt.
            of_noise: of how many the noise changed `by_noise`, where it was measured on a part of them.
        """
        times, part = self.factor, str(by_noise)
        if of_noise not in {None, 0, total}:
            times, part = self.factor * total / of_noise, f"{by_noise} of {of_noise}"
        allowed, least = times * by_noise, self.factor * self.floor / 100
        limit, rate, text = max(allowed, least * total), rate_interval(changed, total), f"{changed} of {total}"
        among, even = share_interval(changed, changed + by_noise), times / (1 + times)
        beyond = changed > limit and among.low > even and rate.low > least
        lacking = None
        if changed > limit and backed and not beyond:
            text = f"{text}, more by chance"
        elif changed > limit:
            wanted = total_for_share(among.value, even) / (changed + by_noise) * total
            would = f": about {math.ceil(wanted)} {self.of} would decide" if math.isfinite(wanted) else ""
            lacking = f"{changed} against {limit:.4g} is within chance{would}"
        words = self._words(part, f"{100 * least:g} % of {self.of}" if limit > allowed else "")
        found = Requirement(self.what, f"≤ {limit:.4g} ({words})", text, lacking is None, lacking, total)
        return self._judged(found, rate.scaled(total) if total else _UNKNOWN, beyond)

    def of_means(self, values: Sequence[float], by_noise: Sequence[float]) -> Requirement:
        """The requirement on a mean change, at least 0, over cases; the noise's cases may be others."""
        found, noise = mean_interval(values), _mean(by_noise)
        limit, least = self.most(by_noise), self.factor * self.floor
        kept = found.value <= limit  # False of what is not a number
        above = excess_interval(values, by_noise, self.factor)
        lacking = f"{self._number(found.value)} against {self._number(limit)} is within chance: use more images"
        words = self._words(self._number(noise), "always allowed" if limit > self.factor * noise else "")
        return self._judged(
            Requirement(
                self.what,
                f"≤ {self._number(limit)} ({words})",
                self._number(found.value),
                kept,
                None if kept else lacking,
                len(values),
            ),
            found,
            not kept and found.low > least and above.low > 0,
        )

    def most(self, by_noise: Sequence[float]) -> float:
        """The limit on a mean change."""
        return self.factor * max(_mean(by_noise), self.floor)

    def _number(self, value: float) -> str:
        return f"{value:.{self.digits}f}{self.unit}"

    def _words(self, by_noise: str, instead: str) -> str:
        """What the limit is made of."""
        times = "" if self.factor == 1 else f"{self.factor:g} × "
        return f"{instead and f'{instead}; '}{times}{self.noise}: {by_noise}"

    def _judged(self, found: Requirement, ends: Interval, beyond: bool) -> Requirement:
        """The requirement with its interval; missed where it is `beyond` chance, undecided where cases are few."""
        count = found.n or 0
        lacking = None if beyond else found.unsure
        if not beyond and count < self.min_cases:
            lacking = f"{count or 'no'} {self.of} are too few to decide: at least {self.min_cases} are needed"
        spans = math.isfinite(ends.high - ends.low)
        return replace(
            found,
            beyond=beyond or (not found.met and count >= self.min_cases),
            measured=found.measured if count else f"nothing: no {self.of}",
            met=lacking is None and not beyond,
            unsure=lacking,
            of=self.of,
            interval=(float(f"{ends.low:.6g}"), float(f"{ends.high:.6g}")) if spans else None,
        )


_UNKNOWN = Interval(math.nan, math.nan, math.nan)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / max(len(values), 1)


def unmeasured(what: str, noise: str) -> Requirement:
    """The requirement where the reference's noise was not measured."""
    return Requirement(what, f"≤ that of {noise}", "nothing", False, f"what {noise} changes was not measured")
