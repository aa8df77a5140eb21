"""The goal of a repair: how much smaller each kind of drift has to become, from the requirements that are missed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from edgeface.core.requirement import Requirement

OUTPUTS = "outputs"
"""The kind of drift of the output tensors themselves, where no decision can be compared."""

ROOM = 0.85
"""The goal is this much of what is just needed: effects measured on the images that chose among them flatter."""

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
        if not requirement.missed:
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
    """The factor that brings the better end of a figure's interval to its limit, with room; None if none would.

    Figures at most a limit shrink with the noise, and so does what shares lack of 100 %; what cosines lack of 1 shrinks
    with its square.
    """
    limit = _LIMIT.match(requirement.limit)
    figure = None if limit is None else _better_end(requirement, at_least=limit[1] == "≥")
    if limit is None or figure is None or _counts_kernels(requirement):
        return None
    bound = float(limit[2])
    if limit[3] == "dB":
        needed = 10.0 ** ((figure - bound) / 20)
    elif limit[1] == "≤":
        needed = bound / figure if figure > 0 else 1.0
    else:
        most = 1.0 if bound <= 1 else 100.0
        needed = max(most - bound, 0.0) / (most - figure) if figure < most else 1.0
        needed = needed**0.5 if most == 1.0 else needed
    return min(needed, 1.0) * ROOM


def _better_end(requirement: Requirement, *, at_least: bool) -> float | None:
    if requirement.interval is not None:
        return requirement.interval[1] if at_least else requirement.interval[0]
    found = _NUMBER.search(requirement.measured)
    return None if found is None else float(found[0])


def _counts_kernels(requirement: Requirement) -> bool:
    """Whether it is about how the runtime executes the model, which more accuracy does not change."""
    numbers = requirement.limit.strip("≥≤ ")
    return requirement.n is None and requirement.interval is None and numbers.isdigit()


def _kind_of(requirement: Requirement, kinds: Sequence[str]) -> str:
    """The kind that the requirement's words name, else the first."""
    if requirement.n is None:
        return OUTPUTS
    return next((kind for kind in kinds if kind.rstrip("s") in requirement.what), kinds[0])
