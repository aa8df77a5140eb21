"""The goal of a repair: how much smaller each kind of drift has to become, from the limits that are not kept."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence

from edgeface.core.requirement import Requirement

OUTPUTS = "outputs"
"""The kind of drift of the output tensors themselves, where no decision can be compared."""

ROOM = 0.85
"""The goal is this much of what is just needed: effects measured on the images that chose among them flatter."""

WIDE = 0.7
"""An interval as wide as this share of its middle is one of few cases, e.g. of 30 changed decisions."""

_LIMIT = re.compile(r"([≥≤])\s*([-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)\s*(dB)?")
_NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")


def goal_of(requirements: Iterable[Requirement], kinds: Sequence[str]) -> dict[str, float] | None:
    """By kind of drift, the factor that it has to shrink by; None where more accuracy would not meet them.

    Args:
        requirements: of a verdict.
        kinds: the kinds of drift, the most telling first. A requirement is about the kind that its words name, else
            about the first.
    """
    goal: dict[str, float] = {}
    for requirement in requirements:
        if not (requirement.missed or requirement.beyond):
            continue
        needed = shrink_needed(requirement)
        if needed is None:
            return None
        kind = _kind_of(requirement, kinds)
        goal[kind] = min(goal.get(kind, 1.0), needed)
    return goal or None


def tightened(achieved: Mapping[str, float], goal: Mapping[str, float]) -> dict[str, float]:
    """A goal for the next attempt, relative to the start, after a build with this drift was refused.

    Args:
        achieved: how small each kind of drift became, relative to the start.
        goal: how much smaller the verdict on that build requires it to become.
    """
    return {kind: achieved.get(kind, 1.0) * share for kind, share in goal.items()}


def shrink_needed(requirement: Requirement) -> float | None:
    """The factor that brings a figure to its limit, with room; None if none would.

    Figures at most a limit shrink with the noise, and so does what shares lack of 100 %; what cosines lack of 1 shrinks
    with its square. Counts of few cases say little: of a wide interval the better end stands for the figure.
    """
    limit, ends = _LIMIT.match(requirement.limit), _ends(requirement)
    if limit is None or ends is None or _counts_kernels(requirement):
        return None
    bound = float(limit[2])
    if limit[3] == "dB":
        return min(math.pow(10.0, (ends[0] - bound) / 20), 1.0) * ROOM
    if limit[1] == "≤":
        return _ratio(bound, ends) * ROOM
    most = 1.0 if bound <= 1 else 100.0
    lacking = _ratio(most - bound, (most - ends[1], most - ends[0]))
    return (math.sqrt(lacking) if most == 1.0 else lacking) * ROOM


def _ratio(limit: float, ends: tuple[float, float]) -> float:
    """The limit by a figure between two ends, at most 1."""
    middle = (ends[0] + ends[1]) / 2
    figure = ends[0] if ends[1] - ends[0] > WIDE * middle else middle
    return min(max(limit, 0.0) / figure, 1.0) if figure > 0 else 1.0


def _ends(requirement: Requirement) -> tuple[float, float] | None:
    """The figure's interval; twice the figure where it has none, None where it has no number."""
    if requirement.interval is not None:
        return requirement.interval
    found = _NUMBER.search(requirement.measured)
    return None if found is None else (float(found[0]), float(found[0]))


def _counts_kernels(requirement: Requirement) -> bool:
    """Whether it is about how the runtime executes the model, which more accuracy does not change."""
    numbers = requirement.limit.strip("≥≤ ")
    return requirement.n is None and requirement.interval is None and numbers.isdigit()


def _kind_of(requirement: Requirement, kinds: Sequence[str]) -> str:
    """The kind that the requirement's words name, else the first."""
    if requirement.n is None:
        return OUTPUTS
    return next((kind for kind in kinds if kind.rstrip("s") in requirement.what), kinds[0])
