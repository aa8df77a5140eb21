"""Judge a model's figures against a budget."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from edgeface.budgets.limits import Budget
from edgeface.budgets.metrics import NO_MEANING, SIGNS, TITLES, UNITS, WHY_NOT_APPLICABLE, Metric, Relation
from edgeface.budgets.numbers import both


@dataclass(frozen=True)
class Result:
    """A limit and the measured value.

    Attributes:
        value: in the metric's unit; None if not applicable to the model, with the `reason`.
        limit: in the metric's unit.
        within: whether the limit is met; None: not applicable, which is never a pass.
        headroom: distance of the value from the limit, in the metric's unit; negative outside.
        headroom_share: headroom as a share of the limit.
        why: the budget's explanation of this limit.
    """

    metric: Metric
    value: int | float | None
    limit: int
    relation: Relation
    within: bool | None
    headroom: int | float | None
    headroom_share: float | None
    reason: str = ""
    why: str = ""

    @property
    def title(self) -> str:
        """The metric in words: `LFR FLOPs`."""
        return TITLES[self.metric]

    @property
    def state(self) -> Literal["within", "over", "not applicable"]:
        """The outcome in words; a value below an `at_least` is "over", too."""
        return "not applicable" if self.within is None else "within" if self.within else "over"

    @property
    def limit_text(self) -> str:
        """`≤ 1,000,000,000 FLOP (1 GFLOP)`."""
        return f"{SIGNS[self.relation]} {both(self.limit, UNITS[self.metric])}"

    @property
    def value_text(self) -> str:
        """`933,336,950 FLOP (933.3 MFLOP)`, or the reason why it is not applicable."""
        return f"not applicable: {self.reason}" if self.value is None else both(self.value, UNITS[self.metric])

    @property
    def headroom_text(self) -> str:
        """`66,663,050 FLOP (66.66 MFLOP), 6.67%`; empty where not applicable."""
        if self.headroom is None or self.headroom_share is None:
            return ""
        return f"{both(self.headroom, UNITS[self.metric])}, {self.headroom_share:.2%}"


@dataclass(frozen=True)
class Verdict:
    """A budget with the results for its limits. `cautions` name work that no figure counts."""

    budget: Budget
    results: tuple[Result, ...]
    cautions: tuple[str, ...] = ()

    @property
    def within(self) -> bool:
        """Whether all applicable limits are met, and at least one is applicable."""
        applicable = [result.within for result in self.results if result.within is not None]
        return bool(applicable) and all(applicable)

    @property
    def state(self) -> Literal["within", "over", "not judged"]:
        """The outcome in words; not judged: no limit is applicable, which is not a pass."""
        if all(result.within is None for result in self.results):
            return "not judged"
        return "within" if self.within else "over"

    def document(self) -> dict[str, Any]:
        """The verdict for JSON."""
        results = [
            {
                "metric": result.metric,
                "unit": UNITS[result.metric],
                "value": result.value,
                "relation": result.relation,
                "limit": result.limit,
                "within": result.within,
                "headroom": result.headroom,
                "headroom_share": result.headroom_share,
                "reason": result.reason or None,
                "why": result.why or None,
            }
            for result in self.results
        ]
        return {
            "budget": self.budget.name,
            "state": self.state,
            "within": self.within,
            "limits": results,
            "cautions": list(self.cautions),
        }


def judge(
    budget: Budget, values: Mapping[str, int | float | None], reasons: Mapping[str, str] | None = None
) -> Verdict:
    """The verdict of a budget on figures.

    Args:
        budget: the budget.
        values: by metric, in its unit, with a key for each metric that the budget limits; None: not applicable.
        reasons: by metric, why a value is None, if more specific than the default reason.

    Raises:
        KeyError: a limited metric is missing: it was not counted, which differs from not applicable.
        ValueError: a value is not finite.
    """
    results = []
    for limit in budget.limits:
        value = values[limit.metric]
        if value is not None and not math.isfinite(value):
            raise ValueError(f"{limit.metric} is {value}")
        usual = WHY_NOT_APPLICABLE.get(limit.metric, NO_MEANING)
        reason = "" if value is not None else (reasons or {}).get(limit.metric, usual)
        results += [
            _result(limit.metric, value, relation, amount, (reason, limit.why))
            for relation, amount in limit.relations.items()
        ]
    return Verdict(budget, tuple(results))


def _result(
    metric: Metric, value: int | float | None, relation: Relation, limit: int, words: tuple[str, str]
) -> Result:
    if value is None:
        return Result(metric, None, limit, relation, None, None, None, *words)
    headroom = value - limit if relation == "at_least" else limit - value
    within = headroom > 0 if relation == "below" else headroom >= 0
    return Result(metric, value, limit, relation, within, headroom, headroom / limit, *words)
