"""Text output of `edgeface predict`."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from edgeface.cli.paragraph import listed, paragraph
from edgeface.cli.table import format_table

if TYPE_CHECKING:
    from edgeface.prediction.answer import Answer
    from edgeface.prediction.breakdown import Breakdown, Part
    from edgeface.prediction.prediction import Prediction

_HEADER = ("runtime", "cores", "expected ms", "range ms", "fps", "at least ms", "most of it")


def format_answer(answer: Answer) -> str:
    """A table for each model, what to ship, where the time goes, and what all of it rests on."""
    found = answer.predictions
    tables = []
    for title, rows in groupby(found, key=lambda each: each.title):
        tables.append(f"{title} on {answer.device}\n\n{format_table(_HEADER, [_row(each) for each in rows])}")
    chosen = answer.choice.prediction
    what = f"{chosen.runtime} on {chosen.cores}" + (f" with {chosen.title}" if len(tables) > 1 else "")
    ship = paragraph(f"ship {what}: {answer.choice.reason}")
    evidence = _evidence(found)
    refused = [paragraph(f"not in {name}: {why}") for name, why in answer.refused.items()]
    unparted = [] if answer.unparted is None else [paragraph(f"not by stage: {answer.unparted}")]
    caveats = list(dict.fromkeys(caveat for each in found for caveat in each.caveats))
    parts = [*tables, *refused, ship, *map(format_breakdown, answer.breakdowns), *unparted]
    parts += [listed("evidence:", evidence), listed("not in these figures:", caveats)]
    return "\n\n".join(parts)


def format_breakdown(breakdown: Breakdown) -> str:
    """A row for each part, and their sum against the whole."""
    whole = breakdown.whole_ms
    rows = [_part(part, breakdown.sum_ms) for part in breakdown.parts]
    table = format_table((breakdown.by, "", "ms", "share", "most of it"), rows, left=2)
    total = paragraph(f"sum {breakdown.sum_ms:.1f} ms, the whole {whole:.1f}: {breakdown.difference}")
    return f"{breakdown.of}\n\n{table}\n\n{total}"


def _row(found: Prediction) -> tuple[str, ...]:
    return (
        f"{found.runtime} {found.version}",
        found.cores,
        f"{found.expected_ms:.1f}",
        f"{found.low_ms:.1f}–{found.high_ms:.1f}",
        f"{found.fps:.0f}" if found.fps >= 10 else f"{found.fps:.1f}",
        f"{found.pipe_ms:.1f}",
        f"{found.bound} {found.shares[found.bound]:.0%}",
    )


def _part(part: Part, total: float) -> tuple[str, ...]:
    bound = f"{part.bound} {part.shares[part.bound]:.0%}"
    return part.name, part.what, f"{part.expected_ms:.2f}", f"{part.expected_ms / total:.0%}", bound


def _evidence(found: Sequence[Prediction]) -> list[str]:
    """A sentence for each runtime, once for all cores of which it is true."""
    cores: dict[tuple[str, str], dict[str, None]] = {}
    for each in found:
        cores.setdefault((each.runtime, each.evidence), {})[each.cores] = None
    return [f"{runtime} on {', '.join(named)}: {sentence}" for (runtime, sentence), named in cores.items()]
