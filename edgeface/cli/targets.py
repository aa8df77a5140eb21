"""`edgeface targets`."""

from __future__ import annotations

from edgeface.cli.options import Json
from edgeface.cli.reporting import print_json
from edgeface.cli.table import format_table

EXAMPLES = ("edgeface targets",)


def targets(json_output: Json = False) -> None:
    """List the targets that models can be exported to."""
    from edgeface.backends import targets as known

    found = known().values()
    if json_output:
        listed = [{"name": item.name, "description": item.description, "suffix": item.suffix} for item in found]
        print_json({"targets": listed})
        return
    print(format_table(("target", "file", "description"), [(t.name, t.suffix, t.description) for t in found], left=3))
