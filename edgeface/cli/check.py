"""`edgeface check`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from edgeface.cli.options import Json, parse_size
from edgeface.cli.paragraph import paragraph
from edgeface.cli.reporting import print_json
from edgeface.cli.table import format_table
from edgeface.core.description import Mark, State
from edgeface.core.style import styled

if TYPE_CHECKING:
    from edgeface.budgets.check import Check
    from edgeface.budgets.judge import Verdict
    from edgeface.cost.counter import Complexity

EXAMPLES = (
    "edgeface check my.onnx --budget lfr-light",
    "edgeface check retinaface_mnet025 --input 480x640",
)

_LAYERS = 8
_STATES: dict[str, State] = {"within": "good", "over": "bad", "not judged": "unsure"}


def check(
    models: Annotated[list[str], typer.Argument(help="Model files, artifacts, checkpoints, or names of networks.")],
    budget: Annotated[list[str] | None, typer.Option(help="A budget's name, or your own .toml; repeatable.")] = None,
    size: Annotated[str | None, typer.Option("--input", help="Count at HEIGHTxWIDTH, e.g. 480x640.")] = None,
    flip: Annotated[bool, typer.Option(help="Count two passes: the mirrored image is embedded too.")] = False,
    layers: Annotated[str, typer.Option(help="Number of most expensive layers to list, or all.")] = str(_LAYERS),
    form: Annotated[str, typer.Option("--format", help="text, junit, github, sarif or markdown.")] = "text",
    json_output: Json = False,
) -> None:
    """Count FLOPs, MACs, parameters and memory, and check them against budgets.

    Without --budget nothing is judged. `edgeface budgets` lists the shipped ones. Exit code 1: a limit is exceeded.
    """
    from edgeface.budgets.check import check as check_model
    from edgeface.budgets.formats import FORMATS

    _known_format(form, ("text", *FORMATS))
    shown = _parse_layers(layers)
    checks = [check_model(model, budget or (), parse_size(size), flip) for model in models]
    if json_output:
        print_json({"within": all(item.within for item in checks), "models": [item.document() for item in checks]})
    elif form == "text":
        print("\n\n".join("\n".join(_text(item, shown)) for item in checks))
    else:
        print(FORMATS[form](checks), end="")
    if not all(item.within for item in checks):
        raise typer.Exit(1)


def _known_format(form: str, known: tuple[str, ...]) -> None:
    from edgeface.errors import InputError

    if form not in known:
        raise InputError(f"unknown format {form!r}", where="--format", fix=f"one of {', '.join(known)}")


def _parse_layers(text: str) -> int | None:
    from edgeface.errors import InputError

    if text == "all":
        return None
    if not text.isdecimal():
        raise InputError(f"{text!r} is not a number of layers", where="--layers", fix="give a number, or all")
    return int(text)


def _text(item: Check, shown: int | None) -> Iterator[str]:
    from edgeface.budgets.numbers import both

    yield item.source
    for verdict in item.verdicts:
        yield from _verdict(verdict)
    figures = [
        (figure.name, "–" if figure.value is None else both(figure.value, figure.unit), figure.convention)
        for figure in item.figures.values()
    ]
    yield "\n" + format_table(("figure", "value", "counted as"), figures, left=3, indent="  ")
    yield from _costs(item.complexity, shown)
    said = {line for verdict in item.verdicts for line in verdict.cautions}
    rest = [line for line in item.notes if line not in said]
    for title, lines in (("notes", rest), ("how to meet it", item.advice)):
        if lines:
            yield f"\n{title}"
            yield from (paragraph(line, "  ", "    ") for line in lines)


def _verdict(verdict: Verdict) -> Iterator[str]:
    state = _STATES.get(verdict.state)
    yield "\n" + f"{styled(verdict.state, state)}: {verdict.budget.name}, {verdict.budget.title}".rstrip(", ")
    rows = [
        (
            *(result.title, result.value_text, result.limit_text, result.headroom_text or "–"),
            Mark(result.state, _STATES[result.state]) if result.state in _STATES else result.state,
        )
        for result in verdict.results
    ]
    yield format_table(("metric", "measured", "limit", "headroom", ""), rows, left=5, indent="  ")
    yield from (paragraph(f"caution: {line}", "  ", "    ") for line in verdict.cautions)


def _costs(complexity: Complexity, shown: int | None) -> Iterator[str]:
    from edgeface.budgets.numbers import exact

    total = max(complexity.macs, 1)
    stages = [
        (cost.stage, exact(cost.macs), exact(cost.lfr_flops), exact(cost.parameters), f"{cost.macs / total:.1%}")
        for cost in complexity.stages
    ]
    yield "\n" + format_table(("stage (output size)", "MACs", "LFR FLOPs", "parameters", "share"), stages, indent="  ")
    costliest = sorted(complexity.layers, key=lambda cost: -cost.macs)
    listed = costliest[:shown] if shown is not None else list(complexity.layers)
    rows = [
        (
            cost.name,
            cost.op,
            cost.stage,
            exact(cost.macs),
            exact(cost.lfr_flops),
            exact(cost.parameters),
            f"{cost.macs / total:.1%}",
        )
        for cost in listed
    ]
    if rows:
        yield "\n" + format_table(
            ("layer", "operator", "output", "MACs", "LFR FLOPs", "parameters", "share"), rows, left=3, indent="  "
        )
    if len(listed) < len(complexity.layers):
        yield f"  and {len(complexity.layers) - len(listed)} more with parameters or work: --layers all"
    free = [(f"{item.times} × {item.op}", item.reason) for item in complexity.uncounted]
    if free:
        yield "\n" + format_table(("not counted", "why"), free, left=2, indent="  ")
