"""Texts that the formats share."""

from __future__ import annotations

import os
from pathlib import Path

from edgeface.budgets.judge import Result, Verdict

NOT_JUDGED = "none of its limits applies to this model, so the budget is not evaluated"


def sentence(result: Result) -> str:
    """A result in one line: `LFR FLOPs: 933,336,950 FLOP (933.3 MFLOP), limit ≤ …, headroom …`."""
    if result.within is None:
        return f"{result.title}: {result.value_text} (limit {result.limit_text})"
    left = "headroom" if result.within else "over: headroom"
    return f"{result.title}: {result.value_text}, limit {result.limit_text}, {left} {result.headroom_text}"


def failures(verdict: Verdict) -> list[tuple[str, str]]:
    """The reasons why a verdict is not within, as (title, message), including a budget without applicable limits."""
    if verdict.state == "not judged":
        return [("not judged", NOT_JUDGED)]
    return [(result.title, sentence(result)) for result in verdict.results if result.within is False]


def from_here(path: Path) -> Path:
    """A path below the working directory, which in CI is the repository, as relative to it; others unchanged."""
    path = Path(os.path.normpath(path))
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path
