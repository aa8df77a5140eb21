"""`edgeface completion`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from edgeface.cli.completion.known import SHELLS
from edgeface.cli.options import Json
from edgeface.cli.reporting import print_json
from edgeface.errors import InputError

EXAMPLES = ('eval "$(edgeface completion bash)"',)

_SCRIPTS = Path(__file__).parent / "scripts"


def completion(
    shell: Annotated[str, typer.Argument(help="bash, zsh or fish.")],
    json_output: Json = False,
) -> None:
    """Print the script that completes edgeface's commands in a shell.

    For bash and zsh: eval "$(edgeface completion bash)" in ~/.bashrc or ~/.zshrc.
    For fish: edgeface completion fish > ~/.config/fish/completions/edgeface.fish
    """
    if shell not in SHELLS:
        raise InputError(f"there is no completion for {shell!r}", fix=f"one of {', '.join(SHELLS)}")
    script = (_SCRIPTS / f"edgeface.{shell}").read_text(encoding="utf-8")
    if json_output:
        print_json({"shell": shell, "script": script})
    else:
        print(script, end="")
