"""`edgeface budgets`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from edgeface.cli.options import Json
from edgeface.cli.paragraph import paragraph
from edgeface.cli.reporting import print_json
from edgeface.cli.table import format_table

if TYPE_CHECKING:
    from edgeface.budgets.limits import Budget, Limit

EXAMPLES = (
    "edgeface budgets",
    "edgeface budgets lfr-light",
)

_OWN_SIZE = "the model's own size"


def budgets(
    name: Annotated[str | None, typer.Argument(help="Show one in full: a name, an alias or your own .toml.")] = None,
    json_output: Json = False,
) -> None:
    """List the budgets that models can be checked against."""
    from edgeface.budgets.budget import budget
    from edgeface.budgets.budget import budgets as known

    found = list(known().values()) if name is None else [budget(name)]
    if json_output:
        print_json({"budgets": [_document(item) for item in found]})
    elif name is None:
        rows = [(item.name, _limits(item), _judged_at(item), item.competition) for item in found]
        aliases = [(alias, item.name, meaning) for item in found for alias, meaning in item.aliases.items()]
        print(format_table(("budget", "limits", "judged at", "source"), rows, left=4))
        print()
        print(format_table(("alias", "of", "difference"), aliases, left=3))
        print("\n`edgeface budgets NAME` shows one with its notes and sources.")
    else:
        print("\n".join(_whole(found[0], name)))


def _limits(item: Budget) -> str:
    return ", ".join(_limit(limit, short=True) for limit in item.limits)


def _limit(limit: Limit, short: bool = False) -> str:
    from edgeface.budgets.metrics import SIGNS, TITLES, UNITS
    from edgeface.budgets.numbers import both, human

    write = human if short else both
    sides = [f"{SIGNS[relation]} {write(amount, UNITS[limit.metric])}" for relation, amount in limit.relations.items()]
    return f"{TITLES[limit.metric]} {' and '.join(sides)}"


def _judged_at(item: Budget) -> str:
    return "own size" if item.input is None else f"{item.input[0]}x{item.input[1]}"


def _whole(item: Budget, asked: str) -> Iterator[str]:
    yield paragraph(f"{item.name}: {item.title}" if item.title else item.name)
    if asked in item.aliases:
        yield f"{asked} is an alias of it: {item.aliases[asked]}"
    if item.competition:
        yield paragraph(f"{item.competition}, {item.track}" if item.track else item.competition)
    yield f"judged at: {_OWN_SIZE if item.input is None else _judged_at(item)}"
    listed = {
        "limits": [_limit(limit) + (f": {limit.why}" if limit.why else "") for limit in item.limits],
        "aliases": [f"{alias}: {meaning}" for alias, meaning in item.aliases.items()],
        "notes": list(item.notes),
        "sources": [
            ", ".join(filter(None, (source.document, source.section)))
            + (" (a secondary page)" if source.secondary else "")
            + (f" {source.url}" if source.url else "")
            for source in item.sources
        ],
    }
    for title, lines in listed.items():
        if lines:
            yield f"\n{title}"
        for line in lines:
            yield paragraph(line, "  ", "    ")


def _document(item: Budget) -> dict[str, Any]:
    from edgeface.budgets.metrics import UNITS

    limits = [limit.model_dump(mode="json") | {"unit": UNITS[limit.metric]} for limit in item.limits]
    return item.model_dump(mode="json") | {"limits": limits}
