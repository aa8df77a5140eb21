"""`edgeface models`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from edgeface.cli.options import Json
from edgeface.cli.reporting import print_json
from edgeface.cli.table import format_table

if TYPE_CHECKING:
    from edgeface.models import Family


EXAMPLES = ("edgeface models",)


def models(json_output: Json = False) -> None:
    """List model families and their variants."""
    from edgeface.models import families

    found = families().values()
    if json_output:
        print_json({"models": [_document(item) for item in found]})
        return
    rows = [(item.name, item.task, ", ".join(item.variants()), item.description) for item in found]
    print(format_table(("model", "task", "variants", "description"), rows, left=4))


def _document(family: Family) -> dict[str, Any]:
    variants = {name: contract.model_dump(mode="json") for name, contract in family.variants().items()}
    return {"name": family.name, "task": family.task, "description": family.description, "variants": variants}
