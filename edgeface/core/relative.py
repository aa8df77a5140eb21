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

    def of_counts(self, changed: int, by_noise: int, total: int) -> Requirement:
        """The requirement on changed decisions, of `total`; `floor` is then in percent of them.

        More changes are beyond chance where the interval of the build's share of all changes is above the limit's, and
        that of its rate above the floor's. Both share the undecided cases, which makes the test careful.
        """
        allowed, least = self.factor * by_noise, self.factor * self.floor / 100
        limit, rate = max(allowed, least * total), rate_interval(changed, total)
        among, even = share_interval(changed, changed + by_noise), self.factor / (1 + self.factor)
        lacking = None
        if changed > limit:
            wanted = total_for_share(among.value, even) / (changed + by_noise) * total
            would = f": about {math.ceil(wanted)} {self.of} would decide" if math.isfinite(wanted) else ""
            lacking = f"{changed} against {by_noise} is within chance{would}"
        words = self._words(str(by_noise), f"{100 * least:g} % of {self.of}" if limit > allowed else "")
        return self._judged(
            Requirement(
                self.what, f"≤ {limit:.4g} ({words})", f"{changed} of {total}", lacking is None, lacking, total
            ),
            rate.scaled(total) if total else Interval(math.nan, math.nan, math.nan),
            beyond=lacking is not None and among.low > even and rate.low > least,
        )

    def of_means(self, values: Sequence[float], by_noise: Sequence[float]) -> Requirement:
        """The requirement on a mean change, at least 0, over cases; the noise's cases may be others."""
        found, noise = mean_interval(values), sum(by_noise) / max(len(by_noise), 1)
        allowed, least = self.factor * noise, self.factor * self.floor
        limit = max(allowed, least)
        lacking = None
        if not found.value <= limit:
            lacking = f"{self._number(found.value)} against {self._number(limit)} is within chance: use more images"
        words = self._words(self._number(noise), "what is always allowed" if limit > allowed else "")
        shown = f"≤ {self._number(limit)} ({words})"
        above = excess_interval(values, by_noise, self.factor)
        return self._judged(
            Requirement(self.what, shown, self._number(found.value), lacking is None, lacking, len(values)),
            found,
            beyond=lacking is not None and found.low > least and above.low > 0,
        )

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
            measured=found.measured if count else f"nothing: no {self.of}",
            met=lacking is None and not beyond,
            unsure=lacking,
            of=self.of,
            interval=(float(f"{ends.low:.6g}"), float(f"{ends.high:.6g}")) if spans else None,
        )


def unmeasured(what: str, noise: str) -> Requirement:
    """The requirement where the reference's noise was not measured."""
    return Requirement(what, f"≤ that of {noise}", "nothing", False, f"what {noise} changes was not measured")
