"""`edgeface schema`."""

from __future__ import annotations

from typing import Annotated

import typer

from edgeface.cli.options import Json

EXAMPLES = ("edgeface schema manifest > manifest.schema.json",)


def schema(
    name: Annotated[str, typer.Argument(help="manifest, certificate, prediction, latency or bundle.")],
    json_output: Json = False,  # noqa: ARG001  # a schema is JSON anyway
) -> None:
    """Print the JSON schema of a file that edgeface writes.

    Each field has a description; `$id` names the format. docs/integration/fields.md shows the same as tables.
    """
    from edgeface.schema.documents import schema_file

    print(schema_file(name), end="")
