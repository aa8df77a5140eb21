"""Check a model's cost against budgets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgeface.budgets.advice import Recount, advise
from edgeface.budgets.cautions import cautions
from edgeface.budgets.figures import Figure, Memory, figures
from edgeface.budgets.notes import notes
from edgeface.budgets.subject import Subject, open_subject, trace
from edgeface.cost.arena import arena_bytes
from edgeface.cost.counter import Complexity, count
from edgeface.cost.fuse import fused
from edgeface.cost.network import Network
from edgeface.cost.peak import smallest_peak
from edgeface.cost.readers import Size
from edgeface.errors import EdgefaceError
from edgeface.models.user_module import is_module
from edgeface.reading.given_path import given_path

if TYPE_CHECKING:
    from edgeface.budgets.judge import Verdict
    from edgeface.budgets.limits import Budget


@dataclass(frozen=True)
class Check:
    """The cost of a model, and the verdicts of budgets.

    Attributes:
        source: the user's argument.
        path: its file; None for a network's name.
        figures: by name, each with `value`, `unit` and `convention`.
        verdicts: of each budget.
        notes: what was counted, and how.
        advice: what would help, where a limit is not met.
        complexity: the counts by layer and by stage.
        memory: of activations, in bytes.

    Example:
        >>> found = edgeface.check("model.onnx", "lfr-light")
        >>> print(found.within, found.figures["macs"].value)
    """

    source: str
    path: Path | None
    figures: dict[str, Figure]
    verdicts: tuple[Verdict, ...]
    notes: tuple[str, ...]
    advice: tuple[str, ...]
    complexity: Complexity
    memory: Memory

    def document(self) -> dict[str, Any]:
        """The check for JSON."""
        return {
            "model": self.source,
            "within": self.within,
            "figures": {name: asdict(figure) for name, figure in self.figures.items()},
            "verdicts": [verdict.document() for verdict in self.verdicts],
            "stages": [asdict(cost) for cost in self.complexity.stages],
            "layers": [asdict(cost) for cost in self.complexity.layers],
            "not_counted": [asdict(item) for item in self.complexity.uncounted],
            "summed_products_macs": self.complexity.summed_products,
            "folding": self.complexity.folding(),
            "peak_at": self.memory.peak.at,
            "peak_in_file_order_bytes": self.memory.peak.in_file_order,
            "notes": list(self.notes),
            "advice": list(self.advice),
        }

    @property
    def within(self) -> bool:
        """Whether all limits of all budgets are met."""
        return all(verdict.within for verdict in self.verdicts)


def check(
    source: Any,
    budget: str | Path | Budget | Sequence[str | Path | Budget] = (),
    input_size: Size | None = None,
    flip: bool = False,
) -> Check:
    """The check of a model for one image: its figures, and the verdicts of budgets.

    Args:
        source: an .onnx, .tflite or .param file, an artifact's folder, a checkpoint, the name of a network known to
            edgeface, or a torch module in eval mode (which is traced at `input_size`).
        budget: one or several, by name, as a .toml file, or as values; without any, there are no verdicts.
        input_size: (height, width) in pixels to count at; by default the model's.
        flip: count two passes, for entries that also embed the flipped image.

    Raises:
        InputError: a source or budget is not usable.
        GraphError: the network is invalid, or the cost of an operator is unknown.

    Example:
        >>> found = edgeface.check("model.onnx", ["lfr-light", "board.toml"], input_size=(112, 112))
        >>> print(found.within)
    """
    budgets = _budgets(budget)
    subject = _subject(source, input_size)
    complexity = count(subject.network(input_size))
    memory = _memory(complexity.network)
    passes = 2 if flip else 1
    found = figures(complexity, memory, passes)
    verdicts = _judged(budgets, found, complexity)
    return Check(
        source=subject.source,
        path=subject.path,
        figures=found,
        verdicts=verdicts,
        notes=notes(complexity, budgets, subject.note),
        advice=advise(complexity, verdicts, passes, _recount(subject)),
        complexity=complexity,
        memory=memory,
    )


def _memory(network: Network) -> Memory:
    planned = fused(network) if network.format == "onnx" else network
    return Memory(smallest_peak(network), arena_bytes(planned), arena_bytes(planned, "reference"))


def _budgets(given: str | Path | Budget | Sequence[str | Path | Budget]) -> tuple[Budget, ...]:
    if isinstance(given, Sequence) and not given:
        return ()
    from edgeface.budgets.budget import (  # importing pydantic takes a tenth of a second, which many checks do not need
        Budget,
        budget,
    )

    several = [given] if isinstance(given, str | Path | Budget) else given
    return tuple(one if isinstance(one, Budget) else budget(one) for one in several)


def _judged(budgets: Sequence[Budget], found: dict[str, Figure], complexity: Complexity) -> tuple[Verdict, ...]:
    if not budgets:
        return ()
    from edgeface.budgets.judge import judge

    values = {name: figure.value for name, figure in found.items()}
    return tuple(replace(judge(one, values), cautions=cautions(complexity, one)) for one in budgets)


def _subject(source: Any, size: Size | None) -> Subject:
    if is_module(source):
        return trace(source, size)
    return open_subject(source if isinstance(source, str | Path) else given_path(source, "source"))


def _recount(subject: Subject) -> Recount:
    def recount(size: Size) -> Complexity | None:
        try:
            return count(subject.network(size))
        except EdgefaceError:
            return None

    return recount
