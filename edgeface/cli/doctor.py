"""`edgeface doctor`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from edgeface.cli.options import Json
from edgeface.cli.paragraph import paragraph
from edgeface.cli.reporting import print_json
from edgeface.core.description import State
from edgeface.core.style import styled
from edgeface.errors import InputError

if TYPE_CHECKING:
    from edgeface.doctor import Check, Diagnosis

EXAMPLES = (
    "edgeface doctor",
    "edgeface doctor --install arm",
)

_STATES: dict[str, State] = {"ok": "good", "missing": "unsure", "problem": "bad"}
_MARKS = {"ok": "ok", "missing": "--", "problem": "!!"}


def doctor(
    install: Annotated[str | None, typer.Option(help="Install first: arm, the emulated devices.")] = None,
    json_output: Json = False,
) -> None:
    """Check this machine for what edgeface needs, and name the commands that fix what is missing.

    Exit code 1 if something required is missing.
    """
    from edgeface.doctor import examine

    if install is not None:
        _install(install)
    diagnosis = examine()
    if json_output:
        print_json(diagnosis.as_dict())
    else:
        print(format_diagnosis(diagnosis))
    for check in diagnosis.lacking:
        print(f"required: {check.name}: {check.found}", file=sys.stderr)
    if diagnosis.lacking:
        raise typer.Exit(1)


def _install(what: str) -> None:
    from edgeface.core.progress import note
    from edgeface.devices.install import install

    if what != "arm":
        raise InputError(f"edgeface cannot install {what!r}", where="--install", fix="use --install arm")
    install(note)


def format_diagnosis(diagnosis: Diagnosis) -> str:
    """The diagnosis as text: a paragraph for each group, a line for each check, and below it the fix."""
    width = max(len(check.name) for group in diagnosis.groups for check in group.checks)
    parts = ["\n".join([group.title, *(_line(check, width) for check in group.checks)]) for group in diagnosis.groups]
    return "\n\n".join([*parts, "ok: found   --: missing   !!: found, but cannot be used as it is"])


def _line(check: Check, width: int) -> str:
    mark = styled(_MARKS[check.state], _STATES[check.state])
    line = paragraph(check.found, f"  {mark}  {check.name:{width}}  ")
    return line if check.fix is None else f"{line}\n{paragraph(f'fix: {check.fix}', ' ' * (width + 8))}"
