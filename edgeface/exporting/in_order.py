"""Judging in order of time: the quickest first, and none that could not be the quickest of those that pass.

Times cost seconds; the judging of every candidate and the repair of those that fail would cost minutes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from edgeface.core.prediction_record import Gate
from edgeface.errors import GateError, GraphError, RuntimeFailure

Result = TypeVar("Result")


@dataclass(frozen=True)
class Outcome(Generic[Result]):
    """What the judging of a candidate gave: its gate, the reason if it did not pass, its time, and what was written."""

    gate: Gate
    time: float
    why: str = ""
    result: Result | None = None


def judge_in_order(
    times: Mapping[str, float], judge: Callable[[str], tuple[Result, float]]
) -> dict[str, Outcome[Result]]:
    """The outcome of every candidate that was judged.

    Args:
        times: by candidate; infinite where none is known. On a tie the first goes first.
        judge: judges a candidate; what was written, and its time, which a repair may change.
    """
    found: dict[str, Outcome[Result]] = {}
    for name in sorted(times, key=lambda each: times[each]):
        passed = [each.time for each in found.values() if each.gate == "passed"]
        if passed and times[name] >= min(passed):
            break  # the others are not quicker either
        try:
            result, time = judge(name)
        except GraphError as error:  # without a time, nothing was built before
            found[name] = Outcome("not built", times[name], error.what)
        except (GateError, RuntimeFailure) as error:
            found[name] = Outcome("refused", times[name], error.what)
        else:
            found[name] = Outcome("passed", time, "", result)
    return found


def quickest(outcomes: Mapping[str, Outcome[Result]]) -> str | None:
    """The quickest that passed, on a tie the one that was judged first; None if none did."""
    passed = {name: each.time for name, each in outcomes.items() if each.gate == "passed"}
    return min(passed, key=lambda name: passed[name], default=None)
