"""Commands as typer runs them, with our help and errors."""

from __future__ import annotations

from typing import Any

from typer.core import TyperCommand, TyperGroup

from edgeface.cli.help_text import command_help, program_help
from edgeface.cli.reporting import reported
from edgeface.cli.usage import meant_command, refusal


class Command(TyperCommand):
    """A command whose help shows its options in groups, and examples."""

    def get_help(self, ctx: Any) -> str:
        """The help, without a line break at its end."""
        return command_help(self, ctx.command_path)


class Program(TyperGroup):
    """The program: its help shows commands in groups, and errors are reported before typer turns them into its own."""

    def get_help(self, ctx: Any) -> str:
        """The help, without a line break at its end."""
        return program_help(self, ctx.command_path)

    def resolve_command(self, ctx: Any, args: Any) -> Any:
        """The command of a name, or an error that says which one may be meant."""
        name = str(args[0])
        if name not in self.commands and not name.startswith("-"):
            raise refusal(meant_command(name, self), ctx.command_path)
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        """Run the named command."""
        with reported():
            return super().invoke(ctx)
