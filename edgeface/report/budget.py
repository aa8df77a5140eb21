"""What `edgeface check` says of the artifact."""

from __future__ import annotations

from pathlib import Path

from edgeface.budgets.check import Check, check
from edgeface.contracts import Contract
from edgeface.core.description import Mark, State, Table
from edgeface.errors import EdgefaceError
from edgeface.tasks import task_of

_FURTHER = {
    "lfr_flops_flip": "LFR FLOPs with the mirror image",
    "tflite_arena_bytes": "TFLite arena",
    "tflite_reference_arena_bytes": "TFLite arena, reference kernels",
}
_STATES: dict[str, State] = {"within": "good", "over": "bad"}


def budget(model: Path, contract: Contract) -> tuple[tuple[Table, ...], tuple[str, ...]]:
    """Figures and verdicts of a model file, and what is to be said of them."""
    from edgeface.budgets.numbers import both

    task = task_of(contract)
    try:
        found = check(model, task.budgets)
    except EdgefaceError as error:
        return (), (f"Not counted: {error.what}.",)
    rows = tuple(
        (_title(figure.name), "–" if figure.value is None else both(figure.value, figure.unit), figure.convention)
        for figure in found.figures.values()
    )
    figures = Table("Cost of one inference", ("figure", "value", "counted as"), rows, left=3)
    none = () if task.budgets else (f"No budget that ships is for {task.name}: nothing is judged here.",)
    return (*_verdicts(found), figures), (*none, *found.notes)


def _title(name: str) -> str:
    """A figure in words."""
    from edgeface.budgets.metrics import TITLES

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
