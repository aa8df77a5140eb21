"""The report's budget section: results of `edgeface check` for the artifact."""

from __future__ import annotations

from dataclasses import dataclass

from edgeface.budgets.check import Check
from edgeface.budgets.metrics import TITLES
from edgeface.budgets.numbers import both
from edgeface.core.description import Mark, State, Table

_FURTHER = {
    "lfr_flops_flip": "LFR FLOPs with the mirror image",
    "tflite_arena_bytes": "TFLite arena",
    "tflite_reference_arena_bytes": "TFLite arena, reference kernels",
}
_STATES: dict[str, State] = {"within": "good", "over": "bad"}


@dataclass(frozen=True)
class Counted:
    """The result of `edgeface check` for a model; `missing` says why there is none."""

    check: Check | None
    missing: str = ""


def budget(counted: Counted) -> tuple[tuple[Table, ...], tuple[str, ...]]:
    """Tables of a model file's figures and verdicts, and notes on them."""
    found = counted.check
    if found is None:
        return (), (counted.missing,)
    rows = tuple(
        (_title(figure.name), "–" if figure.value is None else both(figure.value, figure.unit), figure.convention)
        for figure in found.figures.values()
    )
    figures = Table("Cost of one inference", ("figure", "value", "counted as"), rows, left=3)
    none = () if found.verdicts else ("No shipped budget is for this task: nothing is judged here.",)
    return (*_verdicts(found), figures), (*none, *found.notes)


def _title(name: str) -> str:
    """A figure's title."""
    titles = {str(metric): title for metric, title in TITLES.items()}
    return titles.get(name, _FURTHER.get(name, name.replace("_", " ")))


def _verdicts(found: Check) -> tuple[Table, ...]:
    header = ("limit", "measured", "allowed", "headroom", "")
    return tuple(
        Table(
            f"Budget {verdict.budget.name} – {verdict.budget.title}: {verdict.state}",
            header,
            tuple(
                (
                    result.title,
                    result.value_text,
                    result.limit_text,
                    result.headroom_text or "–",
                    Mark(result.state, _STATES.get(result.state, "unsure")),
                )
                for result in verdict.results
            ),
            left=5,
        )
        for verdict in found.verdicts
    )
