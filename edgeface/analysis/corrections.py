"""What each correction of the recipe gains: the model built without it, judged on the same images."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from edgeface.analysis.effect import Effect, Gain, gain
from edgeface.analysis.variants import in_parallel, requantized
from edgeface.analysis.workbench import Workbench
from edgeface.compile.job import Job
from edgeface.errors import EdgefaceError
from edgeface.quantize.ranges import RangeRule


@dataclass(frozen=True)
class Without:
    """A model built without one correction, or with plain ranges.

    Attributes:
        name: the correction.
        effect: of the model without it; None where that cannot be built, and `missing` says why.
        gain: what the correction gains.
    """

    name: str
    effect: Effect | None
    gain: Gain | None
    missing: str = ""

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "name": self.name,
            "without": None if self.effect is None else self.effect.as_dict(),
            "gain": None if self.gain is None else self.gain.as_dict(),
            "missing": self.missing,
        }


def corrections(bench: Workbench, base: Effect) -> list[Without]:
    """What each correction, and the choice of ranges, gains over its absence."""

    def measured(item: tuple[str, Job]) -> Without:
        name, job = item
        try:
            effect = bench.panel.judge(bench.opened(bench.rebuilt(job).files))
        except EdgefaceError as error:
            return Without(name, None, None, error.what)
        return Without(name, effect, gain(effect, base))

    return in_parallel(measured, list(_without(bench.job)), "without each correction")


def _without(job: Job) -> Iterator[tuple[str, Job]]:
    """The job without each correction in turn, by what is missing."""
    settings = job.recipe.quantize
    for name in settings.algorithms:
        left = tuple(other for other in settings.algorithms if other != name)
        yield (
            name,
            requantized(job, algorithms=left, parameters={k: v for k, v in settings.parameters.items() if k in left}),
        )
    if settings.ranges != RangeRule("minmax", headroom=0.0):
        yield f"ranges by {settings.ranges.method}", requantized(job, ranges=RangeRule("minmax", headroom=0.0))
