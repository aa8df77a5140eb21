"""A dry run of an export as text."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from edgeface.cli.paragraph import paragraph
from edgeface.cli.table import format_table
from edgeface.core.description import State
from edgeface.core.style import styled
from edgeface.core.visible import visible
from edgeface.errors import describe_refusals

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edgeface.compile.dry_run import DryRun, Forecast
    from edgeface.errors import Refusal


def format_dry_run(found: DryRun) -> str:
    """The network's inputs and outputs, and a table for every target, with the reasons below it."""
    lines = [paragraph(f"{found.model}: reads {_shapes(found.inputs)}, gives {_shapes(found.outputs)}")]
    for each in found.forecasts:
        lines += ["", f"{each.target}: {styled(_verdict(each), _state(each))}", _table(each)]
        lines += _reasons("computed in float", each.fallback) + _reasons("not supported", each.refused)
    return "\n".join(lines)


def _state(each: Forecast) -> State:
    return "bad" if each.refused else "unsure" if each.fallback else "good"


def _verdict(each: Forecast) -> str:
    if each.refused:
        return f"cannot be exported: {len(each.refused)} of its nodes are not supported"
    count = len(each.fallback)
    return f"can be exported, {count} of its nodes in float" if count else "can be exported"


def _table(each: Forecast) -> str:
    fallback, refused = (Counter(item.op for item in items) for items in (each.fallback, each.refused))
    kinds = sorted({*each.lowered, *fallback, *refused})
    cells = [(each.lowered.get(kind, 0), fallback[kind], refused[kind]) for kind in kinds]
    rows = [(kind, *(str(n) if n else "" for n in numbers)) for kind, numbers in zip(kinds, cells, strict=True)]
    return format_table(("operator", "lowered", "in float", "refused"), rows)


def _reasons(title: str, refusals: tuple[Refusal, ...]) -> list[str]:
    lines = describe_refusals(refusals) if refusals else []
    return (
        [f"{title}:", *(paragraph(line.strip(), line[: -len(line.lstrip())], "    ") for line in lines)]
        if lines
        else []
    )


def _shapes(shapes: Mapping[str, tuple[int, ...]]) -> str:
    return ", ".join(f"{visible(name)} {'×'.join(map(str, shape)) or 'a number'}" for name, shape in shapes.items())
