"""`edgeface help`."""

from __future__ import annotations

from typing import Annotated

import typer

from edgeface.cli.options import Json
from edgeface.cli.reporting import print_json

EXAMPLES = ("edgeface help", "edgeface help export")


def show_help(
    context: typer.Context,
    command: Annotated[str | None, typer.Argument(help="A command's name; without one, all are listed.")] = None,
    json_output: Json = False,
) -> None:
    """Show the help of edgeface, or of one of its commands."""
    from edgeface.cli.help_text import command_help, program_help
    from edgeface.cli.usage import meant_command, refusal

    parent = context.parent
    assert parent is not None
    program = parent.command
    name = parent.command_path
    if command is None:
        text = program_help(program, name)
    else:
        found = program.commands.get(command)  # type: ignore[attr-defined]
        if found is None:
            raise refusal(meant_command(command, program), name)
        text = command_help(found, f"{name} {command}")
    print_json({"command": command, "help": text}) if json_output else print(text)
